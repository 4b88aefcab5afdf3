import {
  noTerminalHook,
  type ObjectStore,
  type Queue,
  type Step,
  StepOutcome,
  WorkflowRuntime,
} from "@wf/core";
import { ObjectStoreQueue, type QueueConfig } from "@wf/queue-object-store";
import { MemoryObjectStore, MockClock, seededRandom } from "@wf/testing";
import { bytes, range, text } from "../fixtures.ts";

export const PREFIX = "queue";
/** As the program has them, at both places. */
export const QUEUES: Readonly<Record<string, QueueConfig>> = {
  kept: { doneRetention: "90d", deadRetention: "forever" },
};
export const LARGE = new Uint8Array(100_000).fill(7);
/** A name with what SQL and text columns stumble over. */
export const ODD = "odd'\"\0 ☃";

let seeds = 0;

export function openSource(store: ObjectStore, clock: MockClock): Promise<ObjectStoreQueue> {
  return ObjectStoreQueue.open(store, {
    prefix: PREFIX,
    clock,
    random: seededRandom(++seeds),
    queues: QUEUES,
  });
}

/** What steps were run, by run and step and attempt: each is to be run once. */
export type Journal = string[];

/** A run goes on for four steps; where its id says so, the second waits. */
export function runtimeOn(queue: Queue, store: ObjectStore, journal: Journal) {
  const runner = async (step: Step): Promise<StepOutcome> => {
    const heard = step.signal === undefined ? "" : `(${text(step.signal)})`;
    journal.push(`${step.runId}.${step.stepNumber}${heard}`);
    await step.memo.put("kept", bytes(`memo of ${step.runId}`));
    // Too large for the KV, so that it is an object in the store.
    if (step.stepNumber === 3) return StepOutcome.succeed(LARGE);
    if (step.stepNumber === 1 && step.runId.startsWith("delayed")) {
      return StepOutcome.continueAfter(step.payload, "1h");
    }
    if (step.stepNumber === 1 && step.runId.startsWith("signalled")) {
      return StepOutcome.continueOnSignal(step.payload, `key of ${step.runId}`, "30d");
    }
    return StepOutcome.continueNow(step.payload);
  };
  return WorkflowRuntime.builder(queue, store, runner, noTerminalHook)
    .outcomeRetention("90d")
    .build();
}

export interface FullQueue {
  readonly store: MemoryObjectStore;
  readonly clock: MockClock;
  /** Open, and not closed: its process was killed. */
  readonly queue: ObjectStoreQueue;
  readonly journal: Journal;
  /** Jobs that are to be done once, by id. */
  readonly undone: readonly string[];
}

/** A queue with jobs in all states that there are, and runs in all of theirs, as a killed process leaves it. */
export async function fullQueue(): Promise<FullQueue> {
  const clock = new MockClock(undefined, { settleTurns: 4 });
  const store = new MemoryObjectStore({ clock });
  const queue = await openSource(store, clock);
  const journal: Journal = [];
  await endedJobs(queue, clock);
  await waitingJobs(queue, clock);
  await runs(queue, store, clock, journal);
  await claimedJobs(queue);
  await queue.commit({ put: { [ODD]: bytes(""), "a/b": LARGE, "a/c": bytes("value") } });
  const undone: string[] = [];
  for (const name of ["jobs", "claimed", ODD]) {
    for (const state of ["pending", "scheduled", "claimed"] as const) {
      const { items } = await queue.inspect.listJobs(name, state, { limit: 1_000 });
      undone.push(...items.map(({ id }) => id));
    }
  }
  return { store, clock, queue, journal, undone };
}

async function endedJobs(queue: ObjectStoreQueue, clock: MockClock): Promise<void> {
  await queue.enqueueMany(
    range(6).map((n) => ({ queue: "kept", payload: bytes(`${n}`), headers: { n: `${n}` } })),
  );
  await queue.enqueue("kept", LARGE, { dedupKey: "large", maxAttempts: 1 });
  await queue.enqueue("kept", LARGE);
  const claims = await queue.claim("kept", { max: 8 });
  const [ack, lost, again, failing, wrong, , large, done] = claims as [...typeof claims];
  await clock.advance(1_000);
  await queue.ack(ack!);
  await queue.ack(done!, { put: { ended: bytes("yes") } });
  await queue.deadLetter(lost!, `lost \0 ${"☃".repeat(10)}`);
  await queue.nack(large!, "too large");
  await queue.deadLetter(again!, "first");
  await queue.requeueDead(again!.job.id);
  await queue.nack(failing!, "again", { retryAfter: "2h" });
  await queue.nack(wrong!, "at once", { retryAfter: 0 });
  // The sixth stays claimed.
  for (const n of range(3)) {
    await queue.enqueue("gone", bytes(`${n}`));
    await queue.ack((await queue.claim("gone"))[0]!);
  }
}

async function waitingJobs(queue: ObjectStoreQueue, clock: MockClock): Promise<void> {
  for (const n of range(20)) await queue.enqueue("jobs", bytes(`job ${n}`), { priority: n % 3 });
  await queue.enqueue("jobs", bytes("own id"), {
    id: "own_id-1",
    dedupKey: ODD,
    headers: { [ODD]: ODD },
  });
  await queue.enqueue("jobs", LARGE, {
    backoff: { base: 7, cap: 70, jitter: "none" },
    maxAttempts: 9,
  });
  await queue.enqueue("jobs", bytes("later"), { delay: "1h", dedupKey: "later" });
  await queue.enqueue("jobs", bytes("due"), { delay: 10 });
  const woken = await queue.enqueue("jobs", bytes("woken"), { delay: "1d" });
  await queue.wake(woken.id, bytes("get up \0"));
  await queue.enqueue(ODD, bytes(""), { headers: { tenant: "acme" } });
  await clock.advance(1_000);
}

async function runs(
  queue: ObjectStoreQueue,
  store: ObjectStore,
  clock: MockClock,
  journal: Journal,
) {
  const runtime = runtimeOn(queue, store, journal);
  const stop = new AbortController();
  const running = runtime.run({ signal: stop.signal });
  for (const runId of ["delayed-1", "signalled-1", "signalled-2", "ended-1"]) {
    await runtime.submit({ runId, input: bytes(`input of ${runId}`), headers: { of: runId } });
  }
  await clock.advance(1);
  await runtime.signal("key of nobody", bytes("early 1"));
  await runtime.signal("key of nobody", bytes("early 2"));
  stop.abort();
  await running;
  await runtime.submit({ runId: "signalled-3", input: bytes("rest") });
  await runtime.signal("key of signalled-3", bytes("before it waits"));
  await runtime.submit({ runId: "rest-1", input: bytes("rest") });
  await runtime.submit({ runId: "cancelling-1", input: bytes("cut off") });
  // Two of them are claimed when the process dies, one of which was cancelled since.
  const claims = await queue.claim("workflow-steps", { max: 3, lease: "1d" });
  if (claims.length !== 3) throw new Error(`claimed ${claims.length} steps`);
  await runtime.cancel("cancelling-1");
}

async function claimedJobs(queue: ObjectStoreQueue): Promise<void> {
  await queue.enqueue("claimed", bytes("cut off"));
  await queue.enqueue("claimed", bytes("to stop"), { dedupKey: "given up" });
  const claims = await queue.claim("claimed", { max: 2, lease: "1d" });
  await queue.cancel(claims[1]!.job.id);
}
