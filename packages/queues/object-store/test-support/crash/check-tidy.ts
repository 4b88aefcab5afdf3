import assert from "node:assert/strict";
import type { ObjectStore } from "@wf/core";
import { type MockClock, seededRandom } from "@wf/testing";
import { keysOf, openQueue, PREFIX } from "../fixtures.ts";
import { turn } from "../steered-object-store.ts";

const SNAPSHOTS = `${PREFIX}/snapshots/`;
const LOG = `${PREFIX}/log/`;
const QUEUE = /^queue\/(epochs|log|snapshots|heartbeats)\//;
/** Enough in the log to make any snapshot worth its while. */
const FILLER = new Uint8Array(200_000);
const MAX_FILLERS = 50;

/**
 * That collecting leaves nothing behind that no recovery needs, once nothing is left to do.
 *
 * @param leaves what is kept for ever beside the queue's own
 */
export async function checkTidy(
  store: ObjectStore,
  clock: MockClock,
  leaves: RegExp | undefined,
): Promise<void> {
  const random = seededRandom(7);
  const queue = await openQueue(store, { clock, random, snapshotAfterBytes: 1 });
  const found = await keysOf(store, SNAPSHOTS);
  // Each snapshot collects what the one before it covers, and the two newest are kept.
  for (
    let count = 0;
    (await keysOf(store, SNAPSHOTS)).some((key) => found.includes(key));
    count++
  ) {
    assert.ok(count < MAX_FILLERS, "old snapshots are not collected");
    await queue.kv.put("filler", FILLER);
    await turn();
  }
  for (let count = 0; (await wholeSnapshots(store)).length < 2; count++) {
    assert.ok(count < MAX_FILLERS, "no snapshots are taken");
    await queue.kv.put("filler", FILLER);
    await turn();
  }
  await queue.close();
  const snapshots = new Set((await keysOf(store, SNAPSHOTS)).map((key) => key.split("/")[2]));
  assert.equal(snapshots.size, 2, "parts of snapshots are left");
  await checkLog(store, [...snapshots][0] as string);
  const strange = (key: string) => !QUEUE.test(key) && !leaves?.test(key);
  assert.deepEqual((await keysOf(store)).filter(strange), [], "left behind");
}

async function wholeSnapshots(store: ObjectStore): Promise<string[]> {
  return (await keysOf(store, SNAPSHOTS)).filter((key) => key.endsWith("/whole"));
}

/** Before the older snapshot there are only seals. */
async function checkLog(store: ObjectStore, older: string): Promise<void> {
  const collectedTo = LOG + older.replace("-", "/");
  for (const key of await keysOf(store, LOG)) {
    if (key >= collectedTo) return;
    const stored = (await store.get(key)) as Uint8Array;
    assert.equal(Buffer.from(stored).toString("latin1", 0, 4), "wfsl", `${key} is left behind`);
  }
}
