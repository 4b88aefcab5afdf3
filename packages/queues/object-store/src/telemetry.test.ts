import { metrics, trace } from "@opentelemetry/api";
import { MemoryObjectStore, MockClock } from "@wf/testing";
import { afterEach, beforeEach, expect, it } from "vitest";
import { bytes, openQueue } from "../test-support/fixtures.ts";
import { turn } from "../test-support/steered-object-store.ts";

/** What an SDK would have been told. */
const recorded = new Map<string, number>();
const gauges = new Map<string, Set<(result: { observe: unknown }) => void>>();
const spans: string[] = [];

function record(name: string, value: number, attributes: { queue?: string } = {}): void {
  const key = attributes.queue === undefined ? name : `${name}{${attributes.queue}}`;
  recorded.set(key, (recorded.get(key) ?? 0) + value);
}

const meter = {
  createCounter: (name: string) => ({ add: record.bind(undefined, name) }),
  createHistogram: (name: string) => ({ record: record.bind(undefined, name) }),
  createObservableGauge(name: string) {
    const callbacks = new Set<never>();
    gauges.set(name, callbacks);
    return {
      addCallback: (callback: never) => callbacks.add(callback),
      removeCallback: (callback: never) => callbacks.delete(callback),
    };
  },
};

const span = { end() {}, recordException() {}, setStatus() {} };
const tracer = {
  startActiveSpan(name: string, _: unknown, work: (opened: typeof span) => unknown) {
    spans.push(name);
    return work(span);
  },
};

function collectGauges(): void {
  for (const [name, callbacks] of gauges) {
    for (const callback of callbacks) callback({ observe: record.bind(undefined, name) });
  }
}

beforeEach(() => {
  metrics.setGlobalMeterProvider({ getMeter: () => meter } as never);
  trace.setGlobalTracerProvider({ getTracer: () => tracer } as never);
});

afterEach(() => {
  metrics.disable();
  trace.disable();
  for (const seen of [recorded, gauges]) seen.clear();
  spans.length = 0;
});

it("counts what happens to jobs, by queue, under the names of the README", async () => {
  const clock = new MockClock();
  const queue = await openQueue(new MemoryObjectStore(), { clock });
  for (const name of ["a", "a", "a", "b"]) await queue.enqueue(name, bytes(""), { maxAttempts: 2 });
  const [done, retried, dead] = await queue.claim("a", { max: 3 });
  await queue.ack(done!);
  await queue.nack(retried!, "again", { retryAfter: "1h" });
  await queue.deadLetter(dead!, "no");
  const [expiring] = await queue.claim("b");
  await expiring?.ensureLease("1m");
  await clock.advance("2m");
  collectGauges();
  expect(Object.fromEntries(recorded)).toMatchObject({
    "wf_jobs_enqueued_total{a}": 3,
    "wf_jobs_enqueued_total{b}": 1,
    "wf_jobs_claimed_total{a}": 3,
    "wf_jobs_completed_total{a}": 1,
    "wf_jobs_retried_total{a}": 1,
    "wf_jobs_dead_lettered_total{a}": 1,
    "wf_jobs_released_total{b}": 1,
    wf_lease_renewals_total: 1,
    "wf_scheduled_jobs{a}": 1,
    "wf_dead_jobs{a}": 1,
    "wf_pending_jobs{b}": 1,
  });
  expect(recorded.get("wf_segments_written_total")).toBeGreaterThan(0);
});

it("does not count what is replayed, and no longer observes a queue that is closed", async () => {
  const store = new MemoryObjectStore();
  const first = await openQueue(store);
  await first.enqueue("a", bytes(""));
  await first.close();
  recorded.clear();
  const second = await openQueue(store);
  expect(recorded.get("wf_jobs_enqueued_total{a}")).toBeUndefined();
  await second.close();
  collectGauges();
  expect(recorded.get("wf_pending_jobs{a}")).toBeUndefined();
});

it("puts spans around the opening and around snapshots", async () => {
  const queue = await openQueue(new MemoryObjectStore(), { snapshotAfterBytes: 1 });
  await queue.enqueue("a", bytes(""));
  await turn();
  expect(spans).toEqual(["wf.open", "wf.snapshot"]);
});
