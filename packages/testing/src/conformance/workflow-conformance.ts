import type { Duration, ObjectStore, Queue } from "@wf/core";
import { type ConformanceRunner, checkSuite, type SkippableTest } from "./conformance-runner.ts";
import { CRASH_CASES } from "./workflow/crash-cases.ts";
import { END_CASES } from "./workflow/end-cases.ts";
import { RUN_CASES } from "./workflow/run-cases.ts";
import { SIGNAL_CASES } from "./workflow/signal-cases.ts";
import { type WorkflowCase, WorkflowStage } from "./workflow/workflow-case.ts";

/** Every case, by area. Ids are permanent: a case that is dropped leaves a gap. */
export const WORKFLOW_CASES: readonly WorkflowCase[] = [
  ...RUN_CASES,
  ...END_CASES,
  ...SIGNAL_CASES,
  ...CRASH_CASES,
];

/** The queue and the object store that the runtime is to be proved over. */
export interface WorkflowSubject {
  /** How the queue and the store are called in the names of the tests. */
  readonly name: string;
  /** A queue and a store that are empty and that no other case uses. Called for every case. */
  open(): Promise<OpenedWorkflowParts> | OpenedWorkflowParts;
}

/** A queue and an object store for one case of the suite, and power over their time. */
export interface OpenedWorkflowParts {
  /** With the default settings. */
  readonly queue: Queue;
  /** For memos and the like; may be the one that the queue is on. */
  readonly objectStore: ObjectStore;
  /**
   * Moves the time of `queue.clock` on by `duration`. When it resolves, all that fell due has happened, and
   * so has what was under way before: `advance(0)` waits for that alone. Time must not pass otherwise.
   */
  advance(duration: Duration): Promise<void>;
  /**
   * Leaves the queue as a process does that is killed, and opens it again on the same data with the same
   * clock. Where it is missing, the cases that need it are reported as skipped.
   */
  reopen?(): Promise<Queue>;
  /** Closes the newest queue, which may be closed already, and disposes of the data. */
  close?(): Promise<void> | void;
}

/**
 * Proves that the workflow runtime keeps its contract over a queue and a store: one call in a test file.
 * Run `queueConformance` and `objectStoreConformance` first, which say more clearly what is wrong.
 *
 * @example
 * workflowConformance({ describe, it }, { name: "my queue on my store", open: () => openMine() });
 */
export function workflowConformance(runner: ConformanceRunner, subject: WorkflowSubject): void {
  checkSuite(runner, subject);
  runner.describe(`WorkflowRuntime over ${subject.name}`, () => {
    for (const workflowCase of WORKFLOW_CASES) {
      runner.it(`${workflowCase.id}: ${workflowCase.title}`, (...[test]) =>
        runWorkflowCase(workflowCase, subject, test),
      );
    }
  });
}

/** Runs one case on parts of its own. */
export async function runWorkflowCase(
  workflowCase: WorkflowCase,
  subject: WorkflowSubject,
  test?: SkippableTest,
): Promise<void> {
  const opened = await subject.open();
  let stage: WorkflowStage | undefined;
  try {
    if (workflowCase.needsReopen && opened.reopen === undefined) {
      test?.skip("this queue cannot be opened again");
      return;
    }
    stage = new WorkflowStage({
      queue: opened.queue,
      objectStore: opened.objectStore,
      advance: (duration) => opened.advance(duration),
      reopen: () => (opened.reopen as () => Promise<Queue>).call(opened),
    });
    await workflowCase.run(stage);
  } finally {
    stage?.dispose();
    await opened.close?.();
  }
}
