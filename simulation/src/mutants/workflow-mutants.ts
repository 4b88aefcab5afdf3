import { type Mutant, WORKFLOW } from "./mutant.ts";

/** Bugs of runs: their steps, signals, cancels and memos. */
export const WORKFLOW_MUTANTS: readonly Mutant[] = [
  {
    name: "buffers a signal whatever was buffered or taken meanwhile",
    file: `${WORKFLOW}/signal-buffer.ts`,
    find: "return { expect: { [bufferKey]: buffer?.bytes }, put };",
    replace: "return { expect: {}, put };",
    caughtBy: { seeds: 500 },
  },
  {
    name: "takes a signal without seeing to it that nobody else does",
    file: `${WORKFLOW}/signal-buffer.ts`,
    find: "        expect: { [bufferKey]: buffer.bytes },\n        put:",
    replace: "        expect: {},\n        put:",
    caughtBy: { seeds: 500 },
  },
  {
    name: "moves a run on although it was cancelled",
    file: `${WORKFLOW}/step-settlement.ts`,
    find: "return singleEntry(cancelKey(runId), undefined);",
    replace: 'return singleEntry(cancelKey(runId).concat("-"), undefined);',
    caughtBy: { seeds: 300 },
  },
  {
    name: "keeps the memos of all steps of a run together",
    file: "packages/core/src/memo/memo-keys.ts",
    find: 'checkInteger(stepNumber, "stepNumber", 0, Number.MAX_SAFE_INTEGER);',
    replace: "stepNumber = 0;",
    caughtBy: { seeds: 100 },
  },
  {
    name: "commits what a step staged also where the run ends as cancelled from outside",
    file: `${WORKFLOW}/step-settlement.ts`,
    find: `    if (WfError.is(error, "WF_CONFLICT")) return await settleCancelled(context, step);
    if (!isRefused`,
    replace: `    if (WfError.is(error, "WF_CONFLICT")) {
      if (decision.staged) await context.queue.commit({ put: { ...decision.staged.put } });
      return await settleCancelled(context, step);
    }
    if (!isRefused`,
    caughtBy: { seeds: 300 },
  },
  {
    name: "submits a run although one of its id is active",
    file: `${WORKFLOW}/submit.ts`,
    find: "expect: { [recordKey]: undefined, [sweepKey(runId)]: undefined },",
    replace: "expect: { [sweepKey(runId)]: undefined },",
    caughtBy: { seeds: 50 },
  },
  {
    name: "tells a cancel that was too late that it was in time",
    file: `${WORKFLOW}/cancel.ts`,
    find: "return promised || !missed;",
    replace: "return true;",
    caughtBy: { seeds: 1_000 },
  },
  {
    name: "lets the second to remember win",
    file: "packages/core/src/memo/memo-objects.ts",
    find: "await this.#persist(key, () => createObject(this.#store, key, frame));",
    replace: `await this.#persist(key, async () => {
      void createObject;
      await this.#store.put(key, frame);
      return { created: true, existing: frame };
    });`,
    caughtBy: { seeds: 1_000 },
  },
  {
    name: "forgets to sweep an ended run whose notification died",
    file: `${WORKFLOW}/memo-sweeper.ts`,
    find: "await sweepUnmarked(context, expiredBefore - retentionMs, signal);",
    replace: "void sweepUnmarked;",
    caughtBy: { seeds: 1_000 },
  },
  {
    name: "leaves the objects of outcomes that are kept no longer",
    file: `${WORKFLOW}/outcome-sweeper.ts`,
    find: "await context.outcomeObjects.remove(swept);",
    replace: "",
    caughtBy: { seeds: 500 },
  },
  {
    name: "takes a run for swept before its memo is",
    file: `${WORKFLOW}/memo-sweeper.ts`,
    find: "await memos.clearRun(runId);",
    replace: "void memos;",
    caughtBy: { seeds: 200 },
  },
];
