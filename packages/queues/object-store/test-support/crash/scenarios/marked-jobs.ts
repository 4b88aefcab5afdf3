import assert from "node:assert/strict";
import type { ObjectStoreQueue } from "@wf/queue-object-store";
import { bytes } from "../../fixtures.ts";
import type { Life } from "../life.ts";

/** Jobs whose enqueue and whose end each leave a mark in the same commit. */
export const LARGE = new Uint8Array(2_000).fill(7);

/** Acknowledges all that is pending, with a mark in the same commit. */
export async function workOff({ queue, ledger }: Life, name = "jobs"): Promise<void> {
  for (;;) {
    const claims = await queue.claim(name, { max: 2 });
    if (claims.length === 0) return;
    for (const claim of claims) {
      await queue.ack(claim, { put: { [`done/${claim.job.id}`]: bytes("") } });
      ledger.tell(`done ${claim.job.id}`);
    }
  }
}

export async function has(queue: ObjectStoreQueue, key: string): Promise<boolean> {
  return (await queue.kv.get(key)) !== undefined;
}

/** That each job is there as far as anybody was told, and a job and its mark are there together. */
export async function checkJobs({ queue, ledger }: Life, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    const enqueued = await has(queue, `enqueued/${id}`);
    const done = await has(queue, `done/${id}`);
    const job = await queue.inspect.getJob(id);
    if (ledger.knows(`enqueued ${id}`)) assert.ok(enqueued, `${id} is lost`);
    if (ledger.knows(`done ${id}`)) assert.ok(done, `the end of ${id} is lost`);
    if (!enqueued) assert.equal(job, undefined, `${id} is half there`);
    if (enqueued && !done) assert.equal(job?.state, "pending", `${id} is half there`);
    if (done && job !== undefined) assert.equal(job.state, "done");
    if (job !== undefined) assert.equal(job.payload.length, payloadOf(id).length);
  }
}

function payloadOf(id: string): Uint8Array {
  return id.endsWith("large") ? LARGE : bytes(id);
}

export async function enqueueOnce({ queue, ledger }: Life, id: string): Promise<void> {
  if (await has(queue, `enqueued/${id}`)) return;
  const enqueue = [{ queue: "jobs", id, payload: payloadOf(id) }];
  await queue.commit({ put: { [`enqueued/${id}`]: bytes("") }, enqueue });
  ledger.tell(`enqueued ${id}`);
}
