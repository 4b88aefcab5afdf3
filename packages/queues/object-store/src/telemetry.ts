import {
  type Attributes,
  type Counter,
  type Histogram,
  type Meter,
  metrics,
  type ObservableGauge,
  type ObservableResult,
  type Span,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import type { Clock } from "@wf/core";
import { type Op, OpTag } from "./layout/op.ts";
import type { Ticket } from "./log/ticket.ts";
import type { QueueJobs } from "./state/queue-jobs.ts";
import type { QueueState } from "./state/queue-state.ts";

const NAME = "@wf/queue-object-store";

/** Counters of jobs by queue: their names are a contract, see the README. */
const JOB_COUNTERS: readonly (readonly [tag: Op["tag"], name: string, description: string])[] = [
  [OpTag.enqueue, "wf_jobs_enqueued_total", "Jobs enqueued"],
  [OpTag.claim, "wf_jobs_claimed_total", "Deliveries begun"],
  [OpTag.done, "wf_jobs_completed_total", "Jobs acknowledged"],
  [OpTag.retry, "wf_jobs_retried_total", "Deliveries that failed and are tried again"],
  [OpTag.dead, "wf_jobs_dead_lettered_total", "Jobs that died"],
  [OpTag.release, "wf_jobs_released_total", "Deliveries cut off: lease run out, or process ended"],
];

/**
 * Metrics and spans through the OpenTelemetry API, which does nothing unless the application has set up
 * an SDK before it opens the queue.
 */
export class Telemetry {
  readonly #clock: Clock;
  readonly #state: QueueState;
  readonly #tracer: Tracer;
  readonly #jobCounters = new Map<Op["tag"], Counter>();
  readonly #leaseRenewals: Counter;
  readonly #segments: Counter;
  readonly #segmentBytes: Counter;
  readonly #commitSeconds: Histogram;
  readonly #gauges: readonly (readonly [ObservableGauge, (result: ObservableResult) => void])[];

  constructor(clock: Clock, state: QueueState) {
    this.#clock = clock;
    this.#state = state;
    this.#tracer = trace.getTracer(NAME);
    const meter = metrics.getMeter(NAME);
    for (const [tag, name, description] of JOB_COUNTERS) {
      this.#jobCounters.set(tag, meter.createCounter(name, { description }));
    }
    this.#leaseRenewals = meter.createCounter("wf_lease_renewals_total", {
      description: "Leases extended",
    });
    this.#segments = meter.createCounter("wf_segments_written_total", {
      description: "Segments of the log that are durable",
    });
    this.#segmentBytes = meter.createCounter("wf_segment_bytes_written_total", {
      description: "Bytes of those segments",
      unit: "By",
    });
    this.#commitSeconds = meter.createHistogram("wf_commit_duration_seconds", {
      description: "From a decided commit to its acknowledgement",
      unit: "s",
    });
    this.#gauges = this.#observe(meter);
  }

  /** A change of a job was applied. */
  applied(queue: QueueJobs, tag: Op["tag"]): void {
    this.#jobCounters.get(tag)?.add(1, queue.attributes);
  }

  leaseRenewed(): void {
    this.#leaseRenewals.add(1);
  }

  segmentWritten(bytes: number): void {
    this.#segments.add(1);
    this.#segmentBytes.add(bytes);
  }

  /** @param tickets what the segment acknowledged */
  committed(tickets: readonly Ticket[]): void {
    const now = this.#clock.now();
    for (const { decidedAt } of tickets) this.#commitSeconds.record((now - decidedAt) / 1_000);
  }

  /** Runs `work` within a span that says how it ended. */
  async span<T>(
    name: string,
    attributes: Attributes,
    work: (span: Span) => Promise<T>,
  ): Promise<T> {
    return inSpan(this.#tracer, name, attributes, work);
  }

  /** Ends the observation of the state. */
  stop(): void {
    for (const [gauge, callback] of this.#gauges) gauge.removeCallback(callback);
  }

  #observe(
    meter: Meter,
  ): readonly (readonly [ObservableGauge, (result: ObservableResult) => void])[] {
    const counts: readonly (readonly [string, string, (queue: QueueJobs) => number])[] = [
      ["wf_pending_jobs", "Jobs ready to be claimed", (queue) => queue.ready.size],
      ["wf_scheduled_jobs", "Jobs that are not due yet", (queue) => queue.due.size],
      ["wf_claimed_jobs", "Jobs being handled", (queue) => queue.claimed.size],
      ["wf_dead_jobs", "Dead jobs that are kept", (queue) => queue.dead.size],
    ];
    return counts.map(([name, description, count]) => {
      const gauge = meter.createObservableGauge(name, { description });
      const callback = (result: ObservableResult) => {
        for (const queue of this.#state.queues.values()) {
          result.observe(count(queue), queue.attributes);
        }
      };
      gauge.addCallback(callback);
      return [gauge, callback] as const;
    });
  }
}

/** As {@link Telemetry.span}, for work that there is no queue for yet. */
export function openSpan<T>(attributes: Attributes, work: (span: Span) => Promise<T>): Promise<T> {
  return inSpan(trace.getTracer(NAME), "wf.open", attributes, work);
}

function inSpan<T>(
  tracer: Tracer,
  name: string,
  attributes: Attributes,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  return tracer.startActiveSpan(name, { attributes }, async (span) => {
    try {
      return await work(span);
    } catch (error) {
      span.recordException(error as Error);
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  });
}
