import { seededRandom } from "@wf/testing";
import { describe, expect, it } from "vitest";
import { ByteWriter } from "../layout/byte-writer.ts";
import { encodeJob } from "../layout/job-codec.ts";
import { type Op, OpTag } from "../layout/op.ts";
import { JobRecord, NO_HEADERS } from "./job-record.ts";
import { QueueState } from "./queue-state.ts";
import { StateCapture } from "./state-capture.ts";

const SEEDS = Array.from({ length: 12 }, (_, seed) => seed + 1);
/** Several times what a walk takes at once. */
const JOBS = 800;
const NOW = 1_000;

type Random = () => number;

describe("a StateCapture", () => {
  it.each(SEEDS)("has each job and entry once, as it was when it began, seed %i", (seed) => {
    const random = seededRandom(seed);
    const state = filledState(random);
    const before = imageOf(state);
    const captured = new Map<string, string>();
    const add = (name: string, image: string) => {
      expect(captured.has(name)).toBe(false);
      captured.set(name, image);
    };
    const capture = new StateCapture(state, {
      job: (job) => add(job.id, imageOfJob(job)),
      entry: ({ key, value }) => add(key, `${value}`),
    });
    state.captureInto(capture);
    let now = NOW;
    for (let whole = false; !whole; ) {
      let left = Math.floor(random() * 60);
      whole = capture.read(() => left-- > 0);
      for (let changes = Math.floor(random() * 40); changes > 0; changes--) change(state, random);
      // Jobs fall due without an op.
      now += 10;
      state.promoteDue(now);
    }
    expect(captured).toEqual(before);
  });
});

function filledState(random: Random): QueueState {
  const state = new QueueState();
  for (let number = 0; number < JOBS; number++) {
    state.apply(enqueue(`job-${Math.floor(random() * 1e9)}-${number}`, random));
    state.apply({ tag: OpTag.put, key: `key-${random()}`, value: Uint8Array.of(number & 255) });
  }
  for (let count = 0; count < JOBS / 2; count++) change(state, random);
  return state;
}

function enqueue(id: string, random: Random): Op {
  const runAt = random() < 0.4 ? NOW + Math.floor(random() * 1_000) : undefined;
  const job = new JobRecord({
    id,
    queue: random() < 0.8 ? "many" : "few",
    payload: Uint8Array.of(1, 2, 3),
    headers: NO_HEADERS,
    priority: Math.floor(random() * 3),
    maxAttempts: 3,
    enqueuedAt: NOW,
    runAt,
    dedupKey: undefined,
    backoff: undefined,
    onDead: undefined,
    payloadReference: undefined,
  });
  return { tag: OpTag.enqueue, job };
}

/** Any change that the state of some job or key allows. */
function change(state: QueueState, random: Random): void {
  if (random() < 0.2) return state.apply(enqueue(`new-${random()}`, random));
  if (random() < 0.2) {
    const keys = state.kv.scan("key-", `key-${random()}`, 1).map(({ key }) => key);
    for (const key of keys) {
      state.apply(
        random() < 0.5
          ? { tag: OpTag.delete, key }
          : { tag: OpTag.put, key, value: Uint8Array.of(Math.floor(random() * 256)) },
      );
    }
    return state.apply({ tag: OpTag.put, key: `key-${random()}`, value: Uint8Array.of(7) });
  }
  const jobs = [...state.jobs.values()];
  const job = jobs[Math.floor(random() * jobs.length)] as JobRecord;
  state.apply(changeOf(job, random));
}

function changeOf({ id, state }: JobRecord, random: Random): Op {
  const at = NOW;
  switch (state) {
    case "pending":
      return random() < 0.9 ? { tag: OpTag.claim, id, at } : { tag: OpTag.remove, id };
    case "scheduled":
      return random() < 0.5
        ? { tag: OpTag.wake, id, at, payload: undefined }
        : { tag: OpTag.remove, id };
    case "claimed":
      return random() < 0.4
        ? { tag: OpTag.done, id, at, keep: random() < 0.7 }
        : random() < 0.5
          ? { tag: OpTag.retry, id, at, error: "e", runAt: at + Math.floor(random() * 500) }
          : { tag: OpTag.dead, id, at, error: "e" };
    case "done":
      return { tag: OpTag.remove, id };
    case "dead":
      return { tag: OpTag.requeue, id, at };
  }
}

function imageOf(state: QueueState): Map<string, string> {
  const image = new Map<string, string>();
  for (const job of state.jobs.values()) image.set(job.id, imageOfJob(job));
  for (const { key, value } of state.kv.scan("", undefined, 1e9)) image.set(key, `${value}`);
  return image;
}

/** What is stored of it. One that is scheduled may fall due meanwhile, which is no change. */
function imageOfJob(job: JobRecord): string {
  const { state } = job;
  if (state === "scheduled") job.state = "pending";
  const writer = new ByteWriter(Buffer.alloc(256), 0);
  encodeJob(writer, job);
  job.state = state;
  return writer.finish().toString("hex");
}
