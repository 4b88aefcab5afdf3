import { MemoryObjectStore, MockClock } from "@wf/testing";
import { encode } from "cborg";
import { describe, it } from "vitest";
import {
  checkLike,
  checkPlain,
  FIRST_SEED,
  fuzz,
  type Stored,
  type Subject,
} from "../../test/fuzz/fuzz.ts";
import { bytes, text } from "../../test/workflow-world.ts";
import { StoreError } from "../errors.ts";
import { silentLogger } from "../logger.ts";
import { MARKERS_START, markerName, parseMarkerName } from "../memo/memo-keys.ts";
import { MemoObjects } from "../memo/memo-objects.ts";
import { MemoStore } from "../memo/memo-store.ts";
import { OutcomeObjects } from "../memo/outcome-objects.ts";
import { StepOutputs } from "../memo/step-outputs.ts";
import { checkEffects } from "../queue/checks.ts";
import type { KeyValue, KeyValueReader } from "../queue/key-value.ts";
import type { ObjectStore } from "../store/object-store.ts";
import { keepingPuts, readKeptOutcome } from "./kept-outcome.ts";
import type { RunOutcome } from "./run.ts";
import { decodeRunRecord, encodeRunRecord } from "./run-record.ts";
import type { RunningStep } from "./running-step.ts";
import type { RuntimeContext } from "./runtime-context.ts";
import { encodeBuffer, encodeWaiter, readBuffer, readWaiter } from "./signal-state.ts";
import { checkOutcome, StepOutcome } from "./step-outcome.ts";
import { keepDecision, recalledDecision } from "./step-output.ts";
import { decodeTerminalNote, endingOf } from "./terminal-job.ts";

const AT = 1_700_000_000_000;
const RUN_IDS = ["run-1", "run-2", "run-3"];

/** As much of a runtime as the readers of what it stores need. */
class Readers {
  readonly store: ObjectStore = new MemoryObjectStore();
  readonly entries = new Map<string, Uint8Array>();
  readonly memos = new MemoStore(this.store, "memo");
  readonly context: RuntimeContext;

  constructor() {
    const objects = new MemoObjects(this.store, "memo", new MockClock());
    const kv: Pick<KeyValue, "get" | "compareAndPut"> = {
      get: async (key) => this.entries.get(key),
      // No entry changes.
      compareAndPut: async () => true,
    };
    this.context = {
      queue: { kv },
      outcomeObjects: new OutcomeObjects(objects),
      stepOutputs: new StepOutputs(objects),
      logger: silentLogger,
    } as unknown as RuntimeContext;
  }

  /** With one object, or one entry. */
  static async of(key: string, stored: Uint8Array): Promise<Readers> {
    const readers = new Readers();
    if (key.startsWith("memo/")) await readers.store.put(key, stored);
    else readers.entries.set(key, stored);
    return readers;
  }

  get kv(): KeyValueReader {
    return this.context.queue.kv;
  }

  async objects(): Promise<Stored[]> {
    const stored: Stored[] = [];
    for await (const { key } of this.store.list("")) {
      stored.push({ key, bytes: (await this.store.get(key)) as Uint8Array });
    }
    return stored;
  }
}

async function memoEntries(
  write: (readers: Readers, runId: string) => Promise<unknown>,
): Promise<Stored[]> {
  const readers = new Readers();
  for (const runId of RUN_IDS) await write(readers, runId);
  return await readers.objects();
}

const stepOf = (runId: string) =>
  ({ runId, stepNumber: 3, payload: bytes("in"), jobId: `${runId}-3`, attempts: 2 }) as RunningStep;
const runOf = (key: string) => key.split("/")[2] as string;

function outcomeOf(runId: string, result: Uint8Array): RunOutcome {
  const headers = { tenant: "acme" };
  return { runId, status: "succeeded", result, headers, finalStep: 2, terminatedAt: AT };
}

async function keptEntries(resultBytes: number): Promise<Stored[]> {
  const readers = new Readers();
  const entries: Stored[] = [];
  for (const runId of RUN_IDS) {
    const outcome = outcomeOf(runId, new Uint8Array(resultBytes).fill(runId.length));
    const puts = await keepingPuts(readers.context, outcome, `${runId}-2`);
    const key = `workflow/outcomes/${runId}`;
    entries.push({ key, bytes: puts[key] as Uint8Array });
  }
  return resultBytes > 32_768 ? await readers.objects() : entries;
}

function checkRunOutcome(outcome: RunOutcome | undefined, runId: string): RunOutcome {
  if (outcome === undefined) throw new Error("the outcome is gone");
  checkLike(outcome, { runId, headers: {}, finalStep: 1, terminatedAt: 1 });
  if (outcome.runId !== runId || endingOf(outcome) === undefined) throw new Error("of what run?");
  const texts = Object.values(outcome.headers).every((value) => typeof value === "string");
  if (!texts) throw new Error("a header is no text");
  return outcome;
}

const records = RUN_IDS.map((runId, index) => ({
  key: `workflow/runs/${runId}`,
  bytes: encodeRunRecord({
    submittedAt: AT,
    inputSha256: "a".repeat(64),
    step: index,
    jobId: `${runId}-${index}`,
    waitKey: index === 1 ? "key" : undefined,
  }),
}));

const SUBJECTS: readonly Subject[] = [
  {
    name: "a memo entry",
    stored: await memoEntries(({ memos }, runId) => memos.memo(runId, 0).put("key", bytes(runId))),
    form: "sealed",
    content: "bytes",
    read: async (key, stored) => {
      const { memos } = await Readers.of(key, stored);
      return await memos.memo(runOf(key), 0).get("key");
    },
  },
  {
    name: "a remembered value",
    stored: await memoEntries(({ memos }, runId) =>
      memos.memo(runId, 0).remember("key", () => ({ runId, tokens: [1, 2], text: "…" })),
    ),
    form: "sealed",
    content: "json",
    headBytes: `memos/run-1/0/${"0".repeat(64)}`.length,
    read: async (key, stored) => {
      const { memos } = await Readers.of(key, stored);
      return await memos.memo(runOf(key), 0).remember("key", () => {
        throw new Error("it was computed again");
      });
    },
  },
  {
    name: "a step's output",
    stored: await memoEntries(({ context }, runId) =>
      keepDecision(context, stepOf(runId), {
        outcome: StepOutcome.continueOnSignal(bytes(runId), "key", "1h"),
        staged: { put: { a: bytes("1"), b: bytes("2") }, delete: ["c", "d"] },
        decidedAt: AT,
      }),
    ),
    form: "sealed",
    content: "cbor",
    headBytes: `step-outputs/run-1/3/${"0".repeat(64)}`.length,
    read: async (key, stored) => {
      const { context } = await Readers.of(key, stored);
      const decision = await recalledDecision(context, stepOf(runOf(key)));
      // Then the step runs again, which is as good as an error.
      if (decision === undefined) throw new StoreError("WF_DATA_CORRUPT", `${key}: not used`);
      checkOutcome(decision.outcome);
      checkEffects(decision.staged ?? {});
      checkPlain(decision.decidedAt);
      return decision;
    },
  },
  {
    name: "a large outcome",
    stored: await keptEntries(40_000),
    form: "sealed",
    content: "cbor",
    headBytes: "outcomes/run-1/run-1-2".length,
    read: async (key, stored) => {
      const readers = await Readers.of(key, stored);
      const [, , runId = "", jobId] = key.split("/");
      readers.entries.set(`workflow/outcomes/${runId}`, encode({ v: 1, at: AT, jobId }));
      return checkRunOutcome(await readKeptOutcome(readers.context, runId), runId);
    },
  },
  {
    name: "the name of a terminal marker",
    stored: RUN_IDS.map((runId) => ({
      key: markerName(runId, AT),
      bytes: bytes(markerName(runId, AT).slice(MARKERS_START.length)),
    })),
    form: "bare",
    content: "bytes",
    read: (key, stored) => {
      const name = MARKERS_START + text(stored);
      const marker = parseMarkerName(name);
      if (marker === undefined) throw new StoreError("WF_DATA_CORRUPT", `${key}: no marker`);
      // Else it could not be removed.
      if (markerName(marker.runId, marker.terminatedAt) !== name) throw new Error("of what run?");
      return marker;
    },
  },
  {
    name: "the entry of an outcome",
    stored: await keptEntries(10),
    form: "bare",
    content: "cbor",
    read: async (key, stored) => {
      const { context } = await Readers.of(key, stored);
      return checkRunOutcome(await readKeptOutcome(context, runOf(key)), runOf(key));
    },
  },
  {
    name: "a run's record",
    stored: records,
    form: "bare",
    content: "json",
    read: (key, stored) =>
      checkLike(decodeRunRecord(key, stored), {
        submittedAt: 1,
        inputSha256: "",
        step: 1,
        jobId: "",
      }),
  },
  {
    name: "who waits for a signal",
    stored: RUN_IDS.map((runId) => ({
      key: `workflow/signal-wait/${runId}`,
      bytes: encodeWaiter({ key: `approve ${runId}`, runId, step: 1, jobId: `${runId}-1` }),
    })),
    form: "bare",
    content: "json",
    read: async (key, stored) =>
      checkLike((await readWaiter((await Readers.of(key, stored)).kv, key))?.value, {
        key: "",
        runId: "",
        step: 1,
        jobId: "",
      }),
  },
  {
    name: "a buffer of signals",
    stored: RUN_IDS.map((runId) => ({
      key: `workflow/signal-buf/${runId}`,
      bytes: encodeBuffer({ key: `approve ${runId}`, head: 3, tail: 7, change: "01J" }),
    })),
    form: "bare",
    content: "json",
    read: async (key, stored) => {
      const buffer = (await readBuffer((await Readers.of(key, stored)).kv, key))?.value;
      checkLike(buffer, { key: "", head: 1, tail: 1, change: "" });
      if (buffer === undefined || buffer.tail <= buffer.head || buffer.tail - buffer.head > 1_000)
        throw new Error("it is no buffer");
      return buffer;
    },
  },
  {
    name: "the note of an end",
    stored: [
      { kind: "ended", ending: { status: "succeeded", result: bytes("x") }, step: 2, at: AT },
      { kind: "ended", ending: { status: "failed", error: "no" }, step: 2, at: AT },
      { kind: "ended", ending: { status: "cancelled" }, step: 0, at: AT },
      { kind: "died", stepJobId: "first-1", step: 1, waitKey: "key" },
    ].map((note, index) => ({ key: `job-${index}`, bytes: encode({ v: 1, ...note }) })),
    form: "bare",
    content: "cbor",
    read: (key, stored) => {
      const note = decodeTerminalNote(key, stored);
      checkLike(note, note.kind === "ended" ? { step: 1, at: 1 } : { step: 1, stepJobId: "" });
      if (note.kind === "ended" && endingOf(note.ending) === undefined) throw new Error("no end");
      return note;
    },
  },
];

describe(`damage of every kind, from seed ${FIRST_SEED} on,`, () => {
  it.each(SUBJECTS)("to $name is told, or has done no harm", async (subject) => {
    await fuzz(subject, 300);
  });
});
