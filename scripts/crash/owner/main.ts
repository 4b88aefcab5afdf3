/**
 * A process that is killed: `owner/main.ts DIRECTORY LIFE RETENTION_MS AHEAD_MS`. It opens the queue, works, and
 * says what it was told by the queue. On the message `finish` it begins nothing new, works off what there is, and
 * closes. Its clock is ahead of the machine's by so much.
 */
import { join } from "node:path";
import { type Clock, FencedError, systemClock } from "@wf/core";
import { ObjectStoreQueue } from "@wf/queue-object-store";
import { FileSystemObjectStore } from "@wf/store-fs";
import { JOBS, OFFLOAD_ABOVE_BYTES, STEPS } from "../workload.ts";
import { count, pause, produceJobs, workOnJobs } from "./jobs.ts";
import { buildRuntime, sendSignals, submitRuns } from "./runs.ts";
import { say } from "./say.ts";

/** So often a job may be cut off by a kill. */
const MAX_ATTEMPTS = 100_000;
const FENCED_EXIT = 3;

// Not without the parent, however that ends.
const onOrphaned = () => process.exit(1);
process.on("disconnect", onOrphaned);

const [directory = "", life = "", retentionMs, aheadMs] = process.argv.slice(2);
const clock: Clock = {
  now: () => systemClock.now() + Number(aheadMs),
  sleep: (duration, signal) => systemClock.sleep(duration, signal),
};
const store = new FileSystemObjectStore({ root: join(directory, "store") });
const producing = new AbortController();
const working = new AbortController();

try {
  say("opening", life);
  const queue = await ObjectStoreQueue.open(store, {
    prefix: "queue",
    clock,
    offloadAboveBytes: OFFLOAD_ABOVE_BYTES,
    segmentMaxBytes: 16_384,
    snapshotAfterBytes: 262_144,
    queues: {
      [JOBS]: { maxAttempts: MAX_ATTEMPTS },
      [STEPS]: { maxAttempts: MAX_ATTEMPTS },
    },
  });
  say("opened", life);
  const runtime = buildRuntime(queue, store, Number(retentionMs));
  process.on("message", () => producing.abort());
  const work = Promise.all([
    workOnJobs(queue, working.signal),
    sendSignals(queue, runtime, working.signal),
    runtime.run({ signal: working.signal }),
  ]);
  const produce = Promise.all([
    produceJobs(queue, life, producing.signal),
    submitRuns(queue, runtime, life, producing.signal),
    count(queue, producing.signal),
  ]);
  await Promise.race([produce, work]);
  while (!(await isDone(queue))) await pause(queue, working.signal);
  working.abort();
  await work;
  await queue.close();
  say("closed", life);
  process.off("disconnect", onOrphaned);
  process.disconnect();
} catch (error) {
  if (!(error instanceof FencedError)) throw error;
  say("fenced", life);
  process.exit(FENCED_EXIT);
}

/** Whether all jobs and runs have ended, and what was kept of them for a time is gone. */
async function isDone(queue: ObjectStoreQueue): Promise<boolean> {
  for (const name of [JOBS, STEPS]) {
    const { pending, scheduled, claimed } = await queue.inspect.stats(name);
    if (pending + scheduled + claimed > 0) return false;
  }
  for (const prefix of ["outcome-times", "ends", "runs", "sweeps"]) {
    if ((await queue.kv.scan(`workflow/${prefix}/`, { limit: 1 })).items.length > 0) return false;
  }
  return true;
}
