import type { Duration, Queue, QueueConfig } from "@wf/core";
import { type ConformanceRunner, checkSuite, type SkippableTest } from "./conformance-runner.ts";
import { BAD_INPUT_CASES } from "./queue/bad-input-cases.ts";
import { CANCEL_CASES } from "./queue/cancel-cases.ts";
import { CLAIM_CASES } from "./queue/claim-cases.ts";
import { CLAIM_WAIT_CASES } from "./queue/claim-wait-cases.ts";
import { CLOSE_CASES } from "./queue/close-cases.ts";
import { COMPLETION_CASES } from "./queue/completion-cases.ts";
import { CONCURRENCY_CASES } from "./queue/concurrency-cases.ts";
import { DEAD_LETTER_CASES } from "./queue/dead-letter-cases.ts";
import { DEDUP_CASES } from "./queue/dedup-cases.ts";
import { EFFECTS_CASES } from "./queue/effects-cases.ts";
import { ENQUEUE_CASES } from "./queue/enqueue-cases.ts";
import { INSPECTION_CASES } from "./queue/inspection-cases.ts";
import { KEY_VALUE_CASES } from "./queue/key-value-cases.ts";
import { LEASE_CASES } from "./queue/lease-cases.ts";
import { ON_DEAD_CASES } from "./queue/on-dead-cases.ts";
import type { QueueCase, QueueWorld } from "./queue/queue-case.ts";
import { RESTART_CASES } from "./queue/restart-cases.ts";
import { RETENTION_CASES } from "./queue/retention-cases.ts";
import { RETRY_CASES } from "./queue/retry-cases.ts";
import { SETTLEMENT_CASES } from "./queue/settlement-cases.ts";
import { WAKE_CASES } from "./queue/wake-cases.ts";

/** Every case, by area. Ids are permanent: a case that is dropped leaves a gap. */
export const QUEUE_CASES: readonly QueueCase[] = [
  ...ENQUEUE_CASES,
  ...DEDUP_CASES,
  ...CLAIM_CASES,
  ...CLAIM_WAIT_CASES,
  ...LEASE_CASES,
  ...SETTLEMENT_CASES,
  ...RETRY_CASES,
  ...EFFECTS_CASES,
  ...ON_DEAD_CASES,
  ...CANCEL_CASES,
  ...WAKE_CASES,
  ...DEAD_LETTER_CASES,
  ...RETENTION_CASES,
  ...KEY_VALUE_CASES,
  ...INSPECTION_CASES,
  ...COMPLETION_CASES,
  ...CONCURRENCY_CASES,
  ...RESTART_CASES,
  ...CLOSE_CASES,
  ...BAD_INPUT_CASES,
];

/** The queue that is to be proved. */
export interface QueueSubject {
  /** How the queue is called in the names of the tests. */
  readonly name: string;
  /**
   * Whether several processes serve one queue at a time, so that opening it leaves the claims of others to
   * their leases. Default false: opening it takes it over, and what was claimed is given back at once.
   */
  readonly shared?: boolean;
  /** A queue that is empty and that no other case uses, with these settings by name. Called for every case. */
  open(options: QueueOpenOptions): Promise<OpenedQueue> | OpenedQueue;
}

/** What a case asks of the queue that it is given. */
export interface QueueOpenOptions {
  /** Settings by queue name; queues that are not named have the defaults. */
  readonly queues?: Readonly<Record<string, QueueConfig>> | undefined;
}

/** A queue for one case of the suite, and power over its time and its process. */
export interface OpenedQueue {
  /** Empty, and no other case's. */
  readonly queue: Queue;
  /**
   * Moves the time of `queue.clock` on by `duration`. When it resolves, all that fell due has happened, and
   * so has what was under way before: `advance(0)` waits for that alone. Time must not pass otherwise.
   */
  advance(duration: Duration): Promise<void>;
  /**
   * Leaves the queue as a process does that is killed, and opens it again on the same data with the same
   * clock and settings. Also called for a queue that was closed. Where it is missing, the cases that need
   * it are reported as skipped.
   */
  reopen?(): Promise<Queue>;
  /** Closes the newest queue, which may be closed already, and disposes of the data. */
  close?(): Promise<void> | void;
}

/**
 * Proves that a queue keeps the contract of `Queue`: one call in a test file.
 *
 * @example
 * queueConformance({ describe, it }, { name: "my queue", open: (options) => openMine(options) });
 */
export function queueConformance(runner: ConformanceRunner, subject: QueueSubject): void {
  checkSuite(runner, subject as { name: string; open(): unknown });
  runner.describe(`${subject.name} conforms to Queue`, () => {
    for (const queueCase of QUEUE_CASES) {
      runner.it(`${queueCase.id}: ${queueCase.title}`, (...[test]) =>
        runQueueCase(queueCase, subject, test),
      );
    }
  });
}

/** Runs one case on a queue of its own. */
export async function runQueueCase(
  queueCase: QueueCase,
  subject: QueueSubject,
  test?: SkippableTest,
): Promise<void> {
  const { queues } = queueCase;
  const opened = await subject.open({ queues });
  try {
    if (queueCase.needsReopen && opened.reopen === undefined) {
      test?.skip("this queue cannot be opened again");
      return;
    }
    await queueCase.run(worldOf(opened, subject));
  } finally {
    await opened.close?.();
  }
}

function worldOf(opened: OpenedQueue, subject: QueueSubject): QueueWorld {
  return {
    queue: opened.queue,
    advance: (duration) => opened.advance(duration),
    reopen: () => (opened.reopen as () => Promise<Queue>).call(opened),
    shared: subject.shared ?? false,
  };
}
