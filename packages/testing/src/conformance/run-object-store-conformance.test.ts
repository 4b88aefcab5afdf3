import type { ObjectStore } from "@wf/core";
import { describe, expect, it } from "vitest";
import { MemoryObjectStore } from "../memory-object-store.ts";
import { MockClock } from "../mock-clock.ts";
import type { ObjectStoreSubject } from "./object-store/object-store-subject.ts";
import { OBJECT_STORE_CASES, objectStoreConformance } from "./object-store-conformance.ts";
import {
  type ConformanceResult,
  runObjectStoreConformance,
} from "./run-object-store-conformance.ts";

const NEED_FAULTS = OBJECT_STORE_CASES.filter(({ needsFaults }) => needsFaults).length;

/** In memory, with some methods replaced. */
function subject(
  replaced: Partial<ObjectStore> = {},
  settings: Partial<ObjectStoreSubject> = {},
): ObjectStoreSubject {
  const open = () => ({ store: Object.assign(new MemoryObjectStore(), replaced) });
  return { name: "in memory", pageSize: 3, largeBodyBytes: 1_048_576, open, ...settings };
}

const wrongSize: Partial<ObjectStore> = {
  async *list() {
    yield { key: "made-up", size: 1, lastModified: 1 };
  },
};

function resultOf(results: readonly ConformanceResult[], id: string) {
  return results.find((result) => result.id === id);
}

describe("runObjectStoreConformance", () => {
  it("reports every case, and tells of each as it ends", async () => {
    const told: ConformanceResult[] = [];
    const report = await runObjectStoreConformance(subject(), {
      onResult: (result) => told.push(result),
    });
    expect(report).toMatchObject({
      name: "in memory",
      passed: OBJECT_STORE_CASES.length - NEED_FAULTS,
      failed: 0,
      skipped: NEED_FAULTS,
    });
    expect(report.results).toEqual(told);
    expect(told.map(({ id }) => id)).toEqual(OBJECT_STORE_CASES.map(({ id }) => id));
    expect(resultOf(told, "put-001")).toEqual({
      id: "put-001",
      title: "put replaces an existing object",
      status: "passed",
      message: undefined,
    });
    expect(resultOf(told, "fault-001")).toMatchObject({
      status: "skipped",
      message: "this store has no faults on the way to its server",
    });
  });

  it("reports what is wrong, and goes on", async () => {
    const { failed, results } = await runObjectStoreConformance(subject(wrongSize));
    expect(failed).toBeGreaterThan(10);
    expect(resultOf(results, "list-005")).toMatchObject({
      status: "failed",
      message: expect.stringContaining("made-up"),
    });
    expect(resultOf(results, "put-001")?.status).toBe("passed");
  });

  it("reports a store that cannot be opened, and one that cannot be closed", async () => {
    const open = () => Promise.reject(new Error("no such bucket"));
    const unopened = await runObjectStoreConformance(subject({}, { open }));
    expect(unopened.failed).toBe(OBJECT_STORE_CASES.length);
    expect(unopened.results[0]?.message).toBe("no such bucket");
    const close = () => Promise.reject(new Error("not empty"));
    const unclosed = await runObjectStoreConformance(
      subject({}, { open: () => ({ store: new MemoryObjectStore(), close }) }),
    );
    expect(unclosed.results[0]?.message).toBe("not empty");
  });

  it("fails a case that does not end in time, and goes on", async () => {
    const clock = new MockClock();
    const hanging = subject({ delete: () => new Promise(() => {}) });
    let ended = false;
    const reporting = runObjectStoreConformance(hanging, { clock, caseTimeout: "1m" }).finally(
      () => {
        ended = true;
      },
    );
    // Longer than a case is under way on the event loop, so that only those that hang time out.
    while (!ended) await clock.advance("100ms");
    const { failed, results } = await reporting;
    expect(resultOf(results, "delete-001")).toMatchObject({
      status: "failed",
      message: "it did not end within 60000 ms",
    });
    expect(resultOf(results, "list-001")?.status).toBe("passed");
    expect(failed).toBeGreaterThan(5);
    expect(clock.pendingSleepers).toBe(0);
  });

  it("skips a known gap with its reason, and fails one that has closed", async () => {
    const knownGaps = { "list-005": "it makes up a key", "put-001": "it did not replace" };
    const { results } = await runObjectStoreConformance(subject(wrongSize, { knownGaps }));
    expect(resultOf(results, "list-005")).toMatchObject({
      status: "skipped",
      message: expect.stringMatching(/^known gap: it makes up a key \(.*made-up/s),
    });
    expect(resultOf(results, "put-001")).toMatchObject({
      status: "failed",
      message: expect.stringContaining("take it out of knownGaps"),
    });
  });

  it("disposes of each store once, whatever becomes of its case", async () => {
    let opened = 0;
    let closed = 0;
    const open = () => {
      opened++;
      return {
        store: Object.assign(new MemoryObjectStore(), wrongSize),
        close: () => {
          closed++;
        },
      };
    };
    await runObjectStoreConformance(subject({}, { open }));
    expect([opened, closed]).toEqual([OBJECT_STORE_CASES.length, OBJECT_STORE_CASES.length]);
  });

  it.each([
    [{ knownGaps: { "put-999": "no such case" } }, /"put-999", which is no case/],
    [{ pageSize: 2 }, /pageSize/],
    [{ largeBodyBytes: 1.5 }, /largeBodyBytes/],
  ])("refuses a subject with %j", async (settings, message) => {
    const refusal = { code: "WF_INVALID_ARGUMENT", message: expect.stringMatching(message) };
    await expect(runObjectStoreConformance(subject({}, settings))).rejects.toMatchObject(refusal);
    const runner = { describe: () => expect.unreachable(), it: () => expect.unreachable() };
    expect(() => objectStoreConformance(runner, subject({}, settings))).toThrow(
      expect.objectContaining(refusal),
    );
  });
});

describe("objectStoreConformance", () => {
  it("names a known gap with its reason in the title of its test", () => {
    const titles: string[] = [];
    const runner = {
      describe: (_name: string, body: () => void) => body(),
      it: (name: string) => titles.push(name),
    };
    objectStoreConformance(runner, subject({}, { knownGaps: { "list-005": "made up" } }));
    expect(titles).toHaveLength(OBJECT_STORE_CASES.length);
    expect(titles).toContain("list-005: an empty store lists nothing (known gap: made up)");
  });
});
