import { type Claim, FencedError, WfError } from "@wf/core";
import type { ObjectStoreQueue } from "@wf/queue-object-store";
import { JOBS, payloadOf } from "../workload.ts";
import { say } from "./say.ts";

const BATCH = 5;
const PAUSE_MS = 15;

/** Enqueues jobs, some at once, until `signal` is aborted. Their ids are unique to this process. */
export async function produceJobs(
  queue: ObjectStoreQueue,
  life: string,
  signal: AbortSignal,
): Promise<void> {
  for (let count = 0; !signal.aborted; count += BATCH) {
    const ids = Array.from({ length: BATCH }, (_, index) => `${life}-${count + index}`);
    await queue.enqueueMany(ids.map((id) => ({ queue: JOBS, id, payload: payloadOf(id) })));
    say("enqueued", ...ids);
    await pause(queue, signal);
  }
}

/** Handles jobs until `signal` is aborted: each end leaves a mark, which must not be there yet. */
export async function workOnJobs(queue: ObjectStoreQueue, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const claims = await queue.claim(JOBS, { max: 4, wait: "1s", signal });
    await Promise.all(claims.map((claim) => finish(queue, claim)));
  }
}

async function finish(queue: ObjectStoreQueue, claim: Claim): Promise<void> {
  const { id, payload } = claim.job;
  if (Buffer.compare(payload, payloadOf(id)) !== 0) say("wrong", "payload", id);
  const mark = `done/${id}`;
  try {
    await queue.ack(claim, { expect: { [mark]: undefined }, put: { [mark]: new Uint8Array() } });
    say("done", id);
  } catch (error) {
    if (error instanceof FencedError) throw error;
    if (WfError.is(error, "WF_CONFLICT")) say("wrong", "second-end", id);
    else throw error;
  }
}

/** Counts by compareAndPut: no two owners may both be told that they have made the same step. */
export async function count({ kv, clock }: ObjectStoreQueue, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const before = await kv.get("counter");
    const next = before === undefined ? 1 : Number(Buffer.from(before).toString()) + 1;
    say("counting", next);
    if (await kv.compareAndPut("counter", before, Buffer.from(`${next}`))) say("counted", next);
    await pause({ clock }, signal);
  }
}

export async function pause(
  { clock }: Pick<ObjectStoreQueue, "clock">,
  signal: AbortSignal,
): Promise<void> {
  // Cut short when it is aborted.
  await clock.sleep(PAUSE_MS, signal).catch(() => {});
}
