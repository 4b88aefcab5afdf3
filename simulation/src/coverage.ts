import { OpTag } from "../../packages/queues/object-store/src/layout/op.ts";
import type { Group } from "./model/group.ts";
import type { Played } from "./run-plan.ts";
import { type Call, codeOf, type Invocation } from "./world/journal.ts";
import type { Process } from "./world/process.ts";
import type { Remembered } from "./world/step-scripts.ts";

/** How often each thing happened, so that it shows what the seeds have and have not exercised. */
export type Coverage = Record<string, number>;

type Tell = (name: string, count: number) => void;

export function coverageOf(played: Played): Coverage {
  const coverage: Coverage = {};
  const tell: Tell = (name, count) => {
    coverage[name] = (coverage[name] ?? 0) + count;
  };
  tellOfProcesses(played, tell);
  tellOfStore(played, tell);
  for (const call of played.stage.world.journal.calls) tellOfCall(call, tell);
  for (const group of played.walker.groups) tellOfGroup(group, tell);
  tellOfRuns(played, tell);
  return coverage;
}

export function addCoverage(total: Coverage, more: Coverage): void {
  for (const [name, count] of Object.entries(more)) total[name] = (total[name] ?? 0) + count;
}

function tellOfProcesses({ stage, history, damage }: Played, tell: Tell): void {
  const { owners, readers, world } = stage;
  tell("takeovers", history.takenAt.length - 1);
  tell("owners fenced", owners.filter(({ end }) => end === "fenced").length);
  tell("openers overtaken", owners.filter(({ end }) => end === "overtaken").length);
  tell("owners closed", owners.filter(({ end }) => end === "closed").length);
  tell("pauses", stage.pauses);
  tell("crashes", stage.crashes);
  tell("writes landed after a crash", sum(world.processes, landedAfterCrash));
  tell("segments that count for nobody", history.voidSegments);
  tell("readers", readers.length);
  tell(
    "states seen by readers",
    sum(readers, ({ sights }) => sights.length),
  );
  tell(
    "refreshes of readers",
    sum(readers, ({ refreshes }) => refreshes.length),
  );
  tell("damaged objects noticed", damage === "noticed" ? 1 : 0);
  tell("damaged objects not needed", damage === "not needed" ? 1 : 0);
}

function tellOfStore({ stage }: Played, tell: Tell): void {
  const { archive, processes } = stage.world;
  const landed = (part: string) =>
    [...archive.first.keys()].filter((key) => key.includes(part)).length;
  tell(
    "store requests",
    sum(processes, ({ faulty }) => countEvents(faulty.trace, "asked")),
  );
  for (const { faulty } of processes) {
    for (const { event, fault } of faulty.trace) {
      if (event === "asked" && fault !== undefined) tell(`fault: ${fault}`, 1);
    }
  }
  tell("snapshots", landed("/whole"));
  tell("segments collected", archive.deleted.get("log") ?? 0);
  tell("snapshot objects collected", archive.deleted.get("snapshots") ?? 0);
  tell("payloads stored apart", landed("/payloads/"));
  tell("payloads removed", archive.deleted.get("payloads") ?? 0);
  tell("heartbeats", landed("/heartbeats/"));
  tell("segments under way beside others", sum(processes, segmentsTogether));
  tell("memo objects swept", archive.deleted.get("memos") ?? 0);
  tell("step outputs swept", archive.deleted.get("step-outputs") ?? 0);
  tell("large outcomes stored", landed("/outcomes/"));
}

function tellOfCall({ method, value, error, settled, args }: Call, tell: Tell): void {
  tell("operations", 1);
  if (settled === undefined) return tell("operations without an answer", 1);
  if (error !== undefined) return tell(`refused: ${codeOf(error) ?? "aborted"}`, 1);
  switch (method) {
    case "enqueue":
      if (!value.isNew) tell("dedup keys met", 1);
      return;
    case "kv.compareAndPut":
    case "kv.compareAndDelete":
      return tell(value ? "compares that held" : "compares that failed", 1);
    case "cancel":
      return tell(`cancel: ${value}`, 1);
    case "wake":
      return tell(`wake: ${value}`, 1);
    case "waitForCompletion":
      return tell(`wait for a job: ${value?.status}`, 1);
    case "run.submit":
      return tell(value.newlySubmitted ? "runs submitted" : "runs submitted again", 1);
    case "run.signal":
      return tell(`signal: ${value}`, 1);
    case "run.cancel":
      return tell(value ? "runs cancelled" : "runs not there to cancel", 1);
    case "run.status":
      return tell(value === undefined ? "status: none" : `status: ${value.state}`, 1);
    case "run.outcome":
      return tell("outcomes told", 1);
    case "commit":
      if ((args[0].enqueue?.length ?? 0) > 1) tell("commits of several jobs", 1);
  }
}

function tellOfGroup({ ops, call }: Group, tell: Tell): void {
  const [first] = ops;
  switch (first?.tag) {
    case OpTag.claim:
      return tell("claims", 1);
    case OpTag.done:
      return tell(ops.length > 1 ? "acks with effects" : "acks", 1);
    case OpTag.retry:
      return tell("retries", 1);
    case OpTag.release:
      return tell(`given back: ${first.reason}`, 1);
    case OpTag.dead:
      if (call === undefined) tell(`deaths: ${first.error}`, 1);
      else tell(`deaths: ${call.method}`, 1);
      if (ops.length > 1) tell("effects of a death", 1);
      return;
    case OpTag.remove:
      if (call === undefined) tell("jobs swept", 1);
      return;
    case OpTag.requeue:
      return tell("dead jobs requeued", 1);
  }
}

function tellOfRuns({ lives, stage }: Played, tell: Tell): void {
  const { invocations } = stage.world.journal;
  for (const { end } of lives.all) if (end !== undefined) tell(`runs ended by: ${end.by}`, 1);
  const waited = new Set(
    lives.all.flatMap(({ steps }) => steps.flatMap((step) => (step.waitKey ? [step.jobId] : []))),
  );
  for (const { kind, number, jobId, given } of invocations) {
    tell(`invocations: ${kind}`, 1);
    if (kind !== "step") continue;
    if (given["signal"] !== undefined) tell("steps with a signal", 1);
    else if (waited.has(jobId)) tell("waits without a signal", 1);
    const remembered = given["remembered"] as readonly Remembered[];
    if (remembered.some(({ value }) => !value.endsWith(`|${number}`))) tell("memos found", 1);
  }
  tell("decisions replayed", countReplays(invocations, lives.committed));
}

/** Steps that were committed with what an earlier attempt had decided. */
function countReplays(
  invocations: readonly Invocation[],
  committed: ReadonlyMap<number, Group>,
): number {
  let replays = 0;
  for (const [number, { call }] of committed) {
    const { kind, given } = invocations[number - 1] as Invocation;
    const attempts = call?.args[0]?.job?.attempts;
    if (kind === "step" && attempts !== undefined && attempts !== given["attempts"]) replays++;
  }
  return replays;
}

function landedAfterCrash({ faulty }: Process): number {
  const crash = faulty.trace.findIndex(({ event }) => event === "crashed");
  return crash < 0 ? 0 : countEvents(faulty.trace.slice(crash), "done");
}

/** How many segments were begun while another one of the same process was under way. */
function segmentsTogether({ faulty }: Process): number {
  const underWay = new Set<number>();
  let together = 0;
  for (const { request, event, operation, key } of faulty.trace) {
    if (event === "asked" && operation === "put" && key?.includes("/log/")) {
      if (underWay.size > 0) together++;
      underWay.add(request);
    } else if (event === "answered" || event === "failed") underWay.delete(request);
  }
  return together;
}

function countEvents(trace: Process["faulty"]["trace"], wanted: string): number {
  return trace.filter(({ event }) => event === wanted).length;
}

function sum<T>(items: readonly T[], count: (item: T) => number): number {
  return items.reduce((total, item) => total + count(item), 0);
}
