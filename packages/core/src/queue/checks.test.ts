import { describe, expect, it } from "vitest";
import {
  checkBytes,
  checkEffects,
  checkEnqueue,
  checkId,
  checkInteger,
  checkKvKey,
  checkKvValue,
  checkQueueName,
  checkWake,
} from "./checks.ts";
import type { Effects, EnqueueOptions } from "./effects.ts";

const BYTES = new Uint8Array([1]);

function refuses(call: () => void, code: string, message = /./): void {
  expect(call).toThrowError(
    expect.objectContaining({ code, retry: "never", message: expect.stringMatching(message) }),
  );
}

describe("Checks of names, ids and keys", () => {
  it("take queue names of up to 255 bytes of UTF-8", () => {
    for (const name of ["", "jobs", "x".repeat(255), "é".repeat(127), "a/b \0"]) {
      checkQueueName(name);
    }
    refuses(() => checkQueueName("x".repeat(256)), "WF_INVALID_QUEUE_NAME", /256 bytes.*255/);
    refuses(() => checkQueueName("é".repeat(128)), "WF_INVALID_QUEUE_NAME", /256 bytes/);
    for (const name of ["\ud800", undefined, 7]) {
      refuses(() => checkQueueName(name as string), "WF_INVALID_QUEUE_NAME", /well-formed/);
    }
  });

  it("take ids of 1 to 128 of [A-Za-z0-9_-], saying what is wrong with others", () => {
    for (const id of ["a", "A-z_0", "x".repeat(128)]) checkId(id, "WF_INVALID_JOB_ID");
    const refused: [unknown, RegExp][] = [
      ["", /is empty/],
      ["x".repeat(129), /129 characters/],
      ["a/b c", /holds "\/ "/],
      ["a\n", /holds "\\n"/],
      [7, /is no string/],
    ];
    for (const [id, message] of refused) {
      refuses(() => checkId(id as string, "WF_INVALID_JOB_ID"), "WF_INVALID_JOB_ID", message);
      refuses(() => checkId(id as string, "WF_INVALID_RUN_ID"), "WF_INVALID_RUN_ID", /^run id/);
    }
  });

  it("take KV keys of 1 to 512 bytes and values of up to 256 KiB", () => {
    for (const key of ["a", "x".repeat(512), "é".repeat(256), "\0"]) checkKvKey(key);
    for (const key of ["", "x".repeat(513), "é".repeat(257), "\udc00", undefined]) {
      refuses(() => checkKvKey(key as string), "WF_INVALID_KEY", /1 to 512 bytes/);
    }
    checkKvValue("k", new Uint8Array(262_144));
    refuses(() => checkKvValue("k", new Uint8Array(262_145)), "WF_KV_VALUE_TOO_LARGE", /262145/);
    refuses(() => checkKvValue("k", "text" as never), "WF_INVALID_ARGUMENT", /"k" is string/);
  });

  it("take bytes and whole numbers of their range", () => {
    checkBytes(Buffer.from("x"), "body");
    refuses(() => checkBytes(null as never, "body"), "WF_INVALID_ARGUMENT", /body is null/);
    checkInteger(3, "n", 3, 3);
    for (const value of [2, 4, 3.5, Number.NaN, "3", undefined]) {
      refuses(
        () => checkInteger(value as number, "n", 3, 3),
        "WF_INVALID_ARGUMENT",
        /n is .*3 to 3/,
      );
    }
  });
});

describe("checkEnqueue", () => {
  it("takes every option at its bounds", () => {
    const options: EnqueueOptions[] = [
      {},
      { id: "a", headers: { a: "b" }, runAt: 0, priority: 0, maxAttempts: 1, dedupKey: "k" },
      { runAt: -8.64e15, priority: 2 ** 32 - 1, maxAttempts: 1_000_000 },
      { delay: "7d", backoff: { base: 0 }, kv: { a: BYTES } },
      { onDead: { put: { a: BYTES }, enqueue: [{ queue: "q", payload: BYTES }] } },
    ];
    for (const option of options) checkEnqueue("q", BYTES, option);
  });

  it("refuses a bad one by its name", () => {
    const refused: [unknown, RegExp][] = [
      [{ runAt: 1, delay: 1 }, /runAt and delay/],
      [{ runAt: Number.NaN }, /runAt is NaN/],
      [{ runAt: 8.64e15 + 1 }, /runAt is/],
      [{ runAt: null }, /runAt is null/],
      [{ runAt: "1767225600000" }, /runAt is "1767225600000"/],
      [{ runAt: new Map() }, /runAt is \[object Map\]/],
      [{ priority: null }, /priority is null/],
      [{ maxAttempts: 3n }, /maxAttempts is 3n/],
      [{ backoff: 7 }, /backoff is 7: give an object/],
      [{ backoff: { jitter: 10n } }, /backoff\.jitter is 10n/],
      [{ backoff: { factor: 2 } }, /backoff has "factor", which is no option: .*base, cap, jitter/],
      [{ headers: ["a"] }, /headers is \[object Array\]/],
      [{ headers: { a: Object.create(null) } }, /header "a"/],
      [{ kv: "text" }, /kv is "text"/],
      [{ onDead: 7 }, /onDead is 7/],
      [{ onDead: { enqueue: {} } }, /onDead\.enqueue is \[object Object\]: give an array/],
      [{ signal: {} }, /signal is \[object Object\]: give an AbortSignal/],
      [null, /options is null: give an object/],
      ["text", /options is "text"/],
      [{ priority: -1 }, /priority is -1/],
      [{ priority: 2 ** 32 }, /priority is 4294967296/],
      [{ maxAttempts: 0 }, /maxAttempts is 0/],
      [{ maxAttempts: 1_000_001 }, /maxAttempts is 1000001/],
      [{ dedupKey: "" }, /dedupKey ""/],
      [{ dedupKey: "x".repeat(513) }, /513 bytes/],
      [{ headers: { a: 1 } }, /header "a" is 1/],
      [{ headers: { a: "\ud800" } }, /header "a"/],
      [{ headers: { a: "x".repeat(65_536) } }, /65537 bytes.*65536/],
      [{ onDead: { expect: { a: undefined } } }, /onDead holds expect/],
      [
        { onDead: { enqueue: [{ queue: "q", payload: BYTES, onDead: {} }] } },
        /onDead holds an enqueue with its own onDead/,
      ],
    ];
    for (const [options, message] of refused) {
      const call = () => checkEnqueue("q", BYTES, options as EnqueueOptions);
      refuses(call, "WF_INVALID_ARGUMENT", message);
    }
    refuses(() => checkEnqueue("q", BYTES, { id: "a b" }), "WF_INVALID_JOB_ID");
    refuses(() => checkEnqueue("q", BYTES, { kv: { "": BYTES } }), "WF_INVALID_KEY");
    refuses(() => checkEnqueue("q", "text" as never, {}), "WF_INVALID_ARGUMENT", /payload/);
    const huge = new Uint8Array(64 * 1_048_576 + 1);
    refuses(() => checkEnqueue("q", huge, {}), "WF_INVALID_ARGUMENT", /67108865/);
  });
});

describe("checkEffects", () => {
  it("takes effects of every kind", () => {
    checkEffects({
      expect: { a: undefined, b: BYTES },
      put: { a: BYTES },
      delete: ["b"],
      enqueue: [{ queue: "q", payload: BYTES }],
      wake: [{ jobId: "j", payload: BYTES }],
    });
    checkEffects({});
  });

  it("refuses a bad part of any kind", () => {
    const refused: [unknown, string][] = [
      [{ expect: { "": undefined } }, "WF_INVALID_KEY"],
      [{ expect: { a: "text" } }, "WF_INVALID_ARGUMENT"],
      [{ put: { a: "text" } }, "WF_INVALID_ARGUMENT"],
      [null, "WF_INVALID_ARGUMENT"],
      [[], "WF_INVALID_ARGUMENT"],
      [{ expect: "text" }, "WF_INVALID_ARGUMENT"],
      [{ put: [BYTES] }, "WF_INVALID_ARGUMENT"],
      [{ delete: "key" }, "WF_INVALID_ARGUMENT"],
      [{ delete: {} }, "WF_INVALID_ARGUMENT"],
      [{ enqueue: { queue: "q", payload: BYTES } }, "WF_INVALID_ARGUMENT"],
      [{ enqueue: [null] }, "WF_INVALID_ARGUMENT"],
      [{ wake: "job" }, "WF_INVALID_ARGUMENT"],
      [{ wake: ["job"] }, "WF_INVALID_ARGUMENT"],
      [{ delete: [""] }, "WF_INVALID_KEY"],
      [{ put: { a: BYTES }, delete: ["a"] }, "WF_INVALID_ARGUMENT"],
      [{ enqueue: [{ queue: "q", payload: BYTES, id: "" }] }, "WF_INVALID_JOB_ID"],
      [{ wake: [{ jobId: "" }] }, "WF_INVALID_JOB_ID"],
      [{ wake: [{ jobId: "j", payload: "text" }] }, "WF_INVALID_ARGUMENT"],
      [{ wake: [{ jobId: "j", payload: new Uint8Array(262_145) }] }, "WF_INVALID_ARGUMENT"],
    ];
    for (const [effects, code] of refused) refuses(() => checkEffects(effects as Effects), code);
    refuses(() => checkWake({ jobId: "a b" }), "WF_INVALID_JOB_ID");
  });

  it("takes up to 10,000 entries of all kinds together", () => {
    const deletes = Array.from({ length: 9_999 }, (_, i) => `key-${i}`);
    checkEffects({ delete: deletes, put: { a: BYTES } });
    refuses(
      () => checkEffects({ delete: deletes, put: { a: BYTES, b: BYTES } }),
      "WF_INVALID_ARGUMENT",
      /10001 entries.*10000/,
    );
  });
});
