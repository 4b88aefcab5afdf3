/**
 * The budgets of the project: what a figure may be at most or has to be at least. They hold on an otherwise idle
 * machine with 2 cores.
 */
export interface Budget {
  readonly question: string;
  readonly figure: string;
  readonly bound: "at least" | "at most";
  readonly value: number;
}

const atLeast = (question: string, figure: string, value: number): Budget => ({
  question,
  figure,
  bound: "at least",
  value,
});

const atMost = (question: string, figure: string, value: number): Budget => ({
  question,
  figure,
  bound: "at most",
  value,
});

export const BUDGETS: readonly Budget[] = [
  atLeast("throughput-memory", "300/300", 100_000),
  atMost("throughput-memory", "300/300, CPU", 10),
  atLeast("throughput-filesystem", "300/300", 20_000),
  atLeast("throughput-slow-store", "300/300", 8_000),
  // "About 30": what one write at a time comes to, as opposed to a write a job.
  atMost("throughput-slow-store", "300/300, writes", 40),

  atMost("latency-alone", "filesystem: durable enqueue beyond one write", 2),
  atMost("latency-alone", "filesystem: end to end beyond two writes", 4),
  atMost("latency-alone", "30 ms store: durable enqueue beyond one write", 2),
  atMost("latency-alone", "30 ms store: end to end beyond two writes", 4),

  atLeast("step-transitions", "steps", 50_000),
  atLeast("five-step-runs", "without a hook", 4_000),

  atMost("claim-latency", "no history, shallow, p99", 1_000),
  atMost("claim-latency", "no history, deep, p99", 1_000),
  atMost("claim-latency", "1 million done, shallow, p99", 1_000),
  atMost("claim-latency", "1 million done, deep, p99", 1_000),
  // "Flat": all four medians lie this close together.
  atMost("claim-latency", "slowest median over fastest", 3),

  atMost("million-jobs", "resident", 600),
  atMost("million-jobs", "resident after a crash", 600),
  atMost("million-jobs", "reopened after a crash", 5),
  atMost("million-jobs", "reopened after a close", 5),

  atMost("bytes-per-job", "1 KiB, stream: written", 2),
  atMost("bytes-per-job", "1 KiB, backlog: written", 2),
  atMost("bytes-per-job", "256 KiB, stream: written", 1.1),
  atMost("bytes-per-job", "256 KiB, backlog: written", 1.1),

  atMost("idle-requests", "3 s of the machine's time", 0),
  atMost("idle-requests", "a day of virtual time", 0),
];

/** Ratios in one run with `--peers`. */
export const PEER_BUDGETS: readonly Budget[] = [
  atLeast("peers-queue", "wf over bullmq", 3),
  atLeast("peers-queue", "wf over pg-boss", 20),
  atLeast("peers-queue", "wf over graphile-worker", 20),
  atLeast("peers-queue", "wf on PostgreSQL over pg-boss", 2),
  atLeast("peers-queue", "wf on PostgreSQL over graphile-worker", 2),
  atLeast("peers-runs", "wf on PostgreSQL over dbos", 2),
  atLeast("peers-runs", "wf on PostgreSQL over openworkflow", 2),
  atLeast("peers-runs", "wf over dbos", 10),
  atLeast("peers-runs", "wf over openworkflow", 10),
];
