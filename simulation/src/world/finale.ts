import { violated } from "../model/violation.ts";
import { NO_FAULTS } from "../plan/make-faults.ts";
import { QUEUES, STEP_QUEUE, WORKED_QUEUE } from "../plan/plan.ts";
import type { Owner } from "./owner.ts";
import type { Stage } from "./stage.ts";
import { inputOf } from "./step-scripts.ts";

/** How long the last owner may take to come to rest, at most. */
const REST_MS = 30 * 60_000;
/** Moments that are waited for at most. */
const MOST_WAITS = 10_000;
/** Of what is random in the processes of the end. */
const LAST_SEED = 1;
const DRAIN_WAIT_MS = 5;
/** Everything that is kept for a time is gone after so long. */
const RETENTION_MS = 200_000;

/**
 * After the plan: everybody who was paused goes on, who had not come so far as to open the queue is gone, and a last owner, with a
 * store that does all it is asked for, brings everything to an end. It takes the signals that nobody waited for, and
 * the jobs that nobody claimed, and is opened once more.
 *
 * @param longer until also what is kept for a time is gone
 */
export async function finish(stage: Stage, longer: boolean): Promise<void> {
  for (const { process, queue } of stage.owners) {
    if (queue === undefined) process.crash();
    else process.resume();
  }
  const last = await openNow(stage);
  await rest(stage, last);
  await drainSignals(stage, last);
  await drainJobs(stage, last);
  await rest(stage, last);
  await lookAround(stage);
  if (longer) {
    await stage.world.clock.advance(RETENTION_MS);
    await rest(stage, last);
  }
  await see(stage, last);
  const closing = last.close();
  await until(stage, () => isSettled(closing), "the last owner does not close");
  for (const { process } of stage.owners) process.crash();
  const again = await openNow(stage);
  await rest(stage, again);
  await see(stage, again);
}

/** A store without faults is opened at the first try. */
async function openNow(stage: Stage): Promise<Owner> {
  const owner = stage.open(LAST_SEED, NO_FAULTS);
  await until(stage, () => owner.isUp || owner.end !== undefined, "the queue does not open");
  if (owner.failure !== undefined) throw owner.failure;
  if (owner.end !== undefined) violated(`the last owner has ended: ${owner.end}`);
  return owner;
}

/** Waits until no run is active, no job is under way, and nobody waits for an answer. */
async function rest(stage: Stage, owner: Owner): Promise<void> {
  let isQuiet = false;
  const end = stage.world.clock.now() + REST_MS;
  for (let waits = 0; !isQuiet; waits++) {
    if (waits > MOST_WAITS || stage.world.clock.now() > end) {
      violated(`the system does not come to rest: ${await unrest(owner)}`);
    }
    await advance(stage);
    isQuiet = (await unrest(owner)) === "" && !isAnswerOpen(stage, owner);
  }
}

async function unrest({ raw }: Owner): Promise<string> {
  if (raw === undefined) return "there is no owner";
  const reasons: string[] = [];
  for (const queue of [STEP_QUEUE, WORKED_QUEUE]) {
    const { pending, scheduled, claimed } = await raw.inspect.stats(queue);
    if (pending + scheduled + claimed > 0) reasons.push(`${queue} has jobs`);
  }
  for (const queue of QUEUES) {
    if ((await raw.inspect.stats(queue)).claimed > 0) reasons.push(`${queue} has claimed jobs`);
  }
  const runs = await raw.kv.scan("workflow/runs/");
  if (runs.items.length > 0) reasons.push(`run ${runs.items[0]?.key} is active`);
  return reasons.join(", ");
}

/** Claims wait for jobs all the time; everything else is to be answered. */
function isAnswerOpen({ world }: Stage, { process }: Owner): boolean {
  return world.journal.calls.some(
    (call) => call.process === process && call.settled === undefined && call.method !== "claim",
  );
}

async function drainSignals(stage: Stage, owner: Owner): Promise<void> {
  const { journal } = stage.world;
  const keys = new Set<string>();
  for (const { method, args } of journal.calls) if (method === "run.signal") keys.add(args[0]);
  for (const key of keys) {
    const most = journal.calls.filter(
      ({ method, args }) => method === "run.signal" && args[0] === key,
    ).length;
    const trouble = { failures: 0, ms: 0, memo: false };
    const wait = { end: { kind: "wait", key, ms: DRAIN_WAIT_MS }, ...trouble } as const;
    const steps = Array.from({ length: most }, () => wait);
    const last = { end: { kind: "succeed" }, ...trouble } as const;
    const program = { steps: [...steps, last], bytes: 0, maxAttempts: undefined };
    await owner.runtime?.submit({ runId: `drain-${key}`, input: inputOf(program) });
  }
  await rest(stage, owner);
}

async function drainJobs(stage: Stage, owner: Owner): Promise<void> {
  for (const queue of QUEUES) {
    const claims = (await owner.queue?.claim(queue, { max: 1_000, lease: "10m" })) ?? [];
    await Promise.all(claims.map((claim) => owner.queue?.ack(claim)));
  }
  await advance(stage);
}

async function lookAround(stage: Stage): Promise<void> {
  for (const reader of stage.readers) {
    if (!reader.isUp) continue;
    const before = reader.refreshes.length;
    for (let tries = 0; tries < 20 && reader.refreshes.length === before; tries++) {
      const looking = reader.look(true);
      await until(stage, () => isSettled(looking), "a reader does not answer");
    }
    await reader.close();
  }
}

async function see(stage: Stage, owner: Owner): Promise<void> {
  if (owner.raw !== undefined) await stage.see(owner.raw, owner.process);
}

const settled = new WeakSet<Promise<unknown>>();

function isSettled(promise: Promise<unknown>): boolean {
  const settle = () => settled.add(promise);
  promise.then(settle, settle);
  return settled.has(promise);
}

async function until(stage: Stage, isSo: () => boolean, otherwise: string): Promise<void> {
  for (let waits = 0; !isSo(); waits++) {
    if (waits > MOST_WAITS) violated(otherwise);
    await advance(stage);
  }
}

/** To the next moment at which something happens. */
async function advance({ world: { clock } }: Stage): Promise<void> {
  const next = clock.nextDueAt;
  await clock.advance(next === undefined ? 0 : Math.min(Math.max(next - clock.now(), 0), 1_000));
}
