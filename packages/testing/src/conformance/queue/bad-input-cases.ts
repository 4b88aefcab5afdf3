import assert from "node:assert/strict";
import {
  type Claim,
  type Effects,
  type EnqueueOptions,
  isPermanent,
  type Queue,
  type WfErrorCode,
} from "@wf/core";
import { assertCode, text } from "../assertions.ts";
import { add, addClaimed, JOBS, type QueueCase, range, snapshotOf, stateOf } from "./queue-case.ts";

type Call = (queue: Queue, claim: Claim) => Promise<unknown>;

const HALF_A_PAIR = "half \ud800";
const JOB = { queue: JOBS, payload: text("job") };

/** A value that the types forbid. */
function untyped(value: unknown): never {
  return value as never;
}

interface RefusedCase extends QueueCase {
  readonly calls: readonly Call[];
}

async function prepare(queue: Queue): Promise<Claim> {
  await queue.kv.put("kept", text("value"));
  await add(queue, "sleeper", { id: "sleeper", delay: "1h" });
  return addClaimed(queue, { maxAttempts: 1 });
}

/** Calls that have to be refused with one code, having changed nothing and left the queue at work. */
function refused(
  id: string,
  title: string,
  code: WfErrorCode,
  calls: readonly Call[],
): RefusedCase {
  return {
    id,
    title,
    calls,
    async run({ queue }) {
      const claim = await prepare(queue);
      const before = await snapshotOf(queue);
      for (const [index, call] of calls.entries()) {
        await assert.rejects(
          () => call(queue, claim),
          (error) => {
            assertCode(error, code);
            assert.ok(isPermanent(error));
            assert.ok(error instanceof Error && error.message.length > 10);
            return true;
          },
          `call ${index} was accepted`,
        );
        assert.deepEqual(await snapshotOf(queue), before, `call ${index} left something`);
      }
      await queue.ack(claim, { enqueue: [{ ...JOB, id: "after" }], put: { after: text("it") } });
      assert.equal(await stateOf(queue, "after"), "pending");
    },
  };
}

/** The enqueue by every way there is. */
function everyEnqueue(
  options: EnqueueOptions,
  request: Effects["enqueue"] = [{ ...JOB, ...options }],
): Call[] {
  const [{ queue: name, payload }] = request as [typeof JOB];
  return [
    (queue) => queue.enqueue(name, payload, options),
    (queue) => queue.enqueueMany([JOB, ...request]),
    ...everyEffects({ put: { key: text("no") }, enqueue: [JOB, ...request] }),
  ];
}

/** The effects by every way there is. */
function everyEffects(effects: Effects): Call[] {
  return [
    (queue) => queue.commit(effects),
    (queue, claim) => queue.ack(claim, effects),
    (queue, claim) => queue.deadLetter(claim, "reason", effects),
    (queue, claim) => queue.nack(claim, "error", { onDead: effects }),
    (queue) => queue.cancel("sleeper", effects),
    ...(effects.expect === undefined && effects.enqueue?.every((job) => job.onDead === undefined)
      ? [(queue: Queue) => queue.enqueue(JOBS, text("job"), { onDead: effects })]
      : []),
  ];
}

function everyKey(key: string): Call[] {
  return [
    (queue) => queue.kv.get(key),
    (queue) => queue.kv.put(key, text("value")),
    (queue) => queue.kv.delete(key),
    (queue) => queue.kv.compareAndPut(key, undefined, text("value")),
    (queue) => queue.kv.compareAndDelete(key, text("value")),
    (queue) => queue.enqueue(JOBS, text("job"), { kv: { [key]: text("value") } }),
    ...everyEffects({ enqueue: [], put: { [key]: text("value") } }),
    ...everyEffects({ enqueue: [], delete: [key] }),
    (queue) => queue.commit({ expect: { [key]: undefined } }),
  ];
}

const BAD_QUEUE_NAMES = ["q".repeat(256), "€".repeat(86), HALF_A_PAIR, untyped(7)];
const BAD_IDS = ["", "a".repeat(129), "a/b", "a b", "ü", "a.b", "a\0", untyped(7)];
const BAD_KEYS = ["", "k".repeat(513), "€".repeat(171), HALF_A_PAIR];
const BAD_DURATIONS = [-1, Number.NaN, Infinity, "soon", "5 m", "-1s", "1w", ""].map(untyped);

const REFUSED_CASES: readonly RefusedCase[] = [
  refused("queue-bad-input-001", "a bad queue name is refused", "WF_INVALID_QUEUE_NAME", [
    ...BAD_QUEUE_NAMES.flatMap((name) => everyEnqueue({}, [{ ...JOB, queue: name }])),
    ...BAD_QUEUE_NAMES.flatMap((name): Call[] => [
      (queue) => queue.claim(name),
      (queue) => queue.inspect.stats(name),
      (queue) => queue.inspect.listJobs(name, "pending"),
    ]),
  ]),
  refused("queue-bad-input-002", "a bad job id is refused", "WF_INVALID_JOB_ID", [
    ...BAD_IDS.flatMap((id) => everyEnqueue({ id })),
    ...BAD_IDS.map(
      (id): Call =>
        (queue) =>
          queue.wake(id),
    ),
    ...BAD_IDS.flatMap((jobId) => everyEffects({ enqueue: [], wake: [{ jobId }] })),
    ...BAD_IDS.flatMap((id): Call[] => [
      (queue) => queue.cancel(id),
      (queue) => queue.requeueDead(id),
      (queue) => queue.waitForCompletion(id),
    ]),
  ]),
  refused("queue-bad-input-003", "a bad KV key is refused", "WF_INVALID_KEY", [
    ...BAD_KEYS.flatMap(everyKey),
    ...[7, null, undefined]
      .map(untyped)
      .flatMap((key): Call[] => [
        (queue) => queue.kv.get(key),
        (queue) => queue.kv.put(key, text("value")),
        (queue) => queue.kv.delete(key),
        (queue) => queue.kv.compareAndPut(key, undefined, text("value")),
        (queue) => queue.kv.compareAndDelete(key, text("value")),
      ]),
  ]),
  refused("queue-bad-input-004", "a KV value over 256 KiB is refused", "WF_KV_VALUE_TOO_LARGE", [
    (queue) => queue.kv.put("key", new Uint8Array(262_145)),
    (queue) => queue.kv.compareAndPut("key", undefined, new Uint8Array(262_145)),
    ...everyEnqueue({ kv: { key: new Uint8Array(262_145) } }),
    ...everyEffects({ enqueue: [], put: { a: text("fine"), key: new Uint8Array(262_145) } }),
  ]),
  refused("queue-bad-input-005", "a bad delay is refused", "WF_INVALID_DURATION", [
    ...BAD_DURATIONS.flatMap((delay) => everyEnqueue({ delay })),
  ]),
  refused("queue-bad-input-006", "a bad backoff is refused", "WF_INVALID_DURATION", [
    ...BAD_DURATIONS.flatMap((base) => everyEnqueue({ backoff: { base } })),
    ...BAD_DURATIONS.flatMap((cap) => everyEnqueue({ backoff: { cap } })),
  ]),
  refused(
    "queue-bad-input-007",
    "a bad wait, lease, timeout or retryAfter is refused",
    "WF_INVALID_DURATION",
    [
      ...BAD_DURATIONS.flatMap((duration): Call[] => [
        (queue) => queue.claim(JOBS, { wait: duration }),
        (queue) => queue.claim(JOBS, { lease: duration }),
        (queue) => queue.waitForCompletion("sleeper", { timeout: duration }),
        (_, claim) => claim.ensureLease(duration),
        (queue, claim) => queue.nack(claim, "error", { retryAfter: duration }),
      ]),
      (queue) => queue.claim(JOBS, { lease: 0 }),
    ],
  ),
  refused("queue-bad-input-008", "a bad priority is refused", "WF_INVALID_ARGUMENT", [
    ...[-1, 1.5, 2 ** 32, Number.NaN, untyped("1")].flatMap((priority) =>
      everyEnqueue({ priority }),
    ),
  ]),
  refused("queue-bad-input-009", "a bad maxAttempts is refused", "WF_INVALID_ARGUMENT", [
    ...[0, -1, 1.5, 1_000_001, Infinity].flatMap((maxAttempts) => everyEnqueue({ maxAttempts })),
  ]),
  refused(
    "queue-bad-input-010",
    "a bad runAt, or one beside a delay, is refused",
    "WF_INVALID_ARGUMENT",
    [
      ...[Number.NaN, Infinity, 8.64e15 + 1, untyped("now"), untyped("0"), untyped(null)].flatMap(
        (runAt) => everyEnqueue({ runAt }),
      ),
      ...everyEnqueue({ runAt: 0, delay: 0 }),
    ],
  ),
  refused("queue-bad-input-011", "a bad dedup key is refused", "WF_INVALID_ARGUMENT", [
    ...BAD_KEYS.flatMap((dedupKey) => everyEnqueue({ dedupKey })),
  ]),
  refused("queue-bad-input-012", "bad headers are refused", "WF_INVALID_ARGUMENT", [
    ...everyEnqueue({ headers: untyped(["name"]) }),
    ...everyEnqueue({ headers: { name: untyped(7) } }),
    ...everyEnqueue({ headers: { name: HALF_A_PAIR } }),
    ...everyEnqueue({ headers: { [HALF_A_PAIR]: "value" } }),
    ...everyEnqueue({ headers: { name: "x".repeat(65_536) } }),
  ]),
  refused(
    "queue-bad-input-013",
    "what is no Uint8Array is refused as bytes",
    "WF_INVALID_ARGUMENT",
    [
      ...[undefined, null, "text", [1, 2], 7]
        .map(untyped)
        .flatMap((bytes): Call[] => [
          ...everyEnqueue({}, [{ ...JOB, payload: bytes }]),
          (queue) => queue.kv.put("key", bytes),
          (queue) => queue.kv.compareAndDelete("key", bytes),
          ...everyEffects({ enqueue: [], put: { key: bytes } }),
        ]),
      ...[null, "text", 7]
        .map(untyped)
        .flatMap((bytes): Call[] => [
          (queue) => queue.wake("sleeper", bytes),
          (queue) => queue.commit({ expect: { kept: bytes }, put: { key: text("no") } }),
        ]),
    ],
  ),
  refused("queue-bad-input-014", "a payload over 64 MiB is refused", "WF_INVALID_ARGUMENT", [
    ...everyEnqueue({}, [{ ...JOB, payload: new Uint8Array(64 * 1_048_576 + 1) }]),
  ]),
  refused(
    "queue-bad-input-015",
    "a key both put and deleted in one commit is refused",
    "WF_INVALID_ARGUMENT",
    [...everyEffects({ enqueue: [], put: { kept: text("new") }, delete: ["kept"] })],
  ),
  refused(
    "queue-bad-input-016",
    "a commit of more than 10,000 entries is refused",
    "WF_INVALID_ARGUMENT",
    [
      (queue) => queue.commit({ delete: range(10_001).map((index) => `key-${index}`) }),
      (queue) => queue.enqueueMany(range(10_001).map(() => JOB)),
      (queue) =>
        queue.commit({
          enqueue: range(5_000).map(() => JOB),
          delete: range(5_001).map((index) => `key-${index}`),
        }),
    ],
  ),
  refused(
    "queue-bad-input-017",
    "an onDead with an expectation is refused",
    "WF_INVALID_ARGUMENT",
    [
      ...everyEnqueue({ onDead: { expect: { kept: text("value") } } }),
      ...everyEnqueue({ onDead: { expect: {}, put: { key: text("value") } } }),
    ],
  ),
  refused("queue-bad-input-018", "an onDead inside an onDead is refused", "WF_INVALID_ARGUMENT", [
    ...everyEnqueue({ onDead: { enqueue: [{ ...JOB, onDead: {} }] } }),
  ]),
  refused(
    "queue-bad-input-019",
    "a bad number of jobs to claim is refused",
    "WF_INVALID_ARGUMENT",
    [
      ...[0, -1, 1.5, 10_001, Number.NaN].map(
        (max): Call =>
          (queue) =>
            queue.claim(JOBS, { max }),
      ),
    ],
  ),
  refused("queue-bad-input-020", "a bad page size is refused", "WF_INVALID_ARGUMENT", [
    ...[0, -1, 1.5, 1_001, Number.NaN, untyped(null)].flatMap((limit): Call[] => [
      (queue) => queue.kv.scan("", { limit }),
      (queue) => queue.inspect.listJobs(JOBS, "pending", { limit }),
    ]),
  ]),
  refused("queue-bad-input-021", "a state that there is not is refused", "WF_INVALID_ARGUMENT", [
    (queue) => queue.inspect.listJobs(JOBS, untyped("finished")),
    (queue) => queue.inspect.listJobs("unknown", untyped("finished")),
  ]),
  refused("queue-bad-input-022", "what is no claim cannot be settled", "WF_INVALID_ARGUMENT", [
    ...[
      (claim: Claim) => claim.job,
      (claim: Claim) => ({ ...claim, job: claim.job }),
      () => undefined,
    ].flatMap((forge): Call[] => [
      (queue, claim) => queue.ack(untyped(forge(claim))),
      (queue, claim) => queue.nack(untyped(forge(claim)), "error"),
      (queue, claim) => queue.deadLetter(untyped(forge(claim)), "reason"),
    ]),
  ]),
  refused("queue-bad-input-024", "a jitter that there is not is refused", "WF_INVALID_ARGUMENT", [
    ...everyEnqueue({ backoff: { jitter: untyped("half") } }),
  ]),
  refused(
    "queue-bad-input-025",
    "what is no object is refused as options, as effects and inside of them",
    "WF_INVALID_ARGUMENT",
    [
      ...[null, 7, "text", []]
        .map(untyped)
        .flatMap((value): Call[] => [
          (queue) => queue.enqueue(JOBS, text("job"), value),
          (queue) => queue.enqueue(JOBS, text("job"), { backoff: value }),
          (queue) => queue.enqueue(JOBS, text("job"), { kv: value }),
          (queue) => queue.enqueue(JOBS, text("job"), { onDead: value }),
          (queue) => queue.enqueueMany([JOB, value]),
          (queue) => queue.commit(value),
          (queue) => queue.commit({}, value),
          (queue) => queue.commit({ put: value }),
          (queue) => queue.commit({ expect: value }),
          (queue) => queue.commit({ enqueue: [value] }),
          (queue) => queue.commit({ wake: [value] }),
          (queue) => queue.claim("empty", value),
          (queue, claim) => queue.ack(claim, value),
          (queue, claim) => queue.nack(claim, "error", value),
          (queue, claim) => queue.nack(claim, "error", { onDead: value }),
          (queue, claim) => queue.deadLetter(claim, "reason", value),
          (queue) => queue.cancel("sleeper", value),
          (queue) => queue.waitForCompletion("sleeper", value),
          (queue) => queue.kv.scan("", value),
          (queue) => queue.inspect.listJobs(JOBS, "pending", value),
        ]),
      ...[null, 7, "text", {}]
        .map(untyped)
        .flatMap((value): Call[] => [
          (queue) => queue.enqueueMany(value),
          (queue) => queue.commit({ enqueue: value }),
          (queue) => queue.commit({ wake: value }),
          (queue) => queue.commit({ delete: value }),
        ]),
    ],
  ),
  refused("queue-bad-input-026", "what is no AbortSignal is refused", "WF_INVALID_ARGUMENT", [
    ...[null, {}, "text", new AbortController()]
      .map(untyped)
      .flatMap((signal): Call[] => [
        (queue) => queue.enqueue(JOBS, text("job"), { signal }),
        (queue) => queue.enqueueMany([JOB], { signal }),
        (queue) => queue.commit({ put: { key: text("no") } }, { signal }),
        (queue) => queue.claim("empty", { signal, wait: "1s" }),
        (queue) => queue.waitForCompletion("sleeper", { signal }),
      ]),
  ]),
  refused("queue-bad-input-027", "what is no string is refused as text", "WF_INVALID_ARGUMENT", [
    ...[undefined, null, 7, {}]
      .map(untyped)
      .flatMap((value): Call[] => [
        (queue, claim) => queue.nack(claim, value),
        (queue, claim) => queue.deadLetter(claim, value),
        (queue) => queue.kv.scan(value),
        (queue) => queue.inspect.getJob(value),
        (queue) => queue.inspect.attempts(value),
      ]),
    ...[null, 7, {}]
      .map(untyped)
      .flatMap((after): Call[] => [
        (queue) => queue.kv.scan("", { after }),
        (queue) => queue.inspect.listJobs(JOBS, "pending", { after }),
      ]),
  ]),
];

export const BAD_INPUT_CASES: readonly QueueCase[] = [
  ...REFUSED_CASES,
  {
    id: "queue-bad-input-023",
    title: "what was refused leaves nothing that the next opening would stumble over",
    needsReopen: true,
    async run({ queue, reopen }) {
      const claim = await prepare(queue);
      for (const call of REFUSED_CASES.flatMap(({ calls }) => calls)) {
        // That it is refused, and how, is for the cases above.
        await Promise.allSettled([call(queue, claim)]);
      }
      await queue.ack(claim, { put: { after: text("it") } });
      const before = await snapshotOf(queue);
      assert.deepEqual(await snapshotOf(await reopen()), before);
    },
  },
];
