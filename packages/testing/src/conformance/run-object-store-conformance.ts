import { type Clock, type Duration, describeError, systemClock, toMs } from "@wf/core";
import type { ObjectStoreCase } from "./object-store/object-store-case.ts";
import type { ObjectStoreSubject } from "./object-store/object-store-subject.ts";
import { checkSubject, runObjectStoreCase } from "./object-store/run-case.ts";
import { OBJECT_STORE_CASES } from "./object-store-conformance.ts";

export interface ConformanceReport {
  /** The subject's. */
  readonly name: string;
  /** Every case, in order. */
  readonly results: readonly ConformanceResult[];
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export interface ConformanceResult {
  readonly id: string;
  readonly title: string;
  readonly status: "passed" | "failed" | "skipped";
  /** What is wrong, or why the case was left out; undefined where it passed. */
  readonly message: string | undefined;
}

export interface ConformanceRunOptions {
  /** Told of each case as it ends. */
  readonly onResult?: ((result: ConformanceResult) => void) | undefined;
  /** How long a case may take. One that takes longer has failed, and is left behind. Default 5 minutes. */
  readonly caseTimeout?: Duration | undefined;
  /** Measures the timeout. Default: the system's clock. */
  readonly clock?: Clock | undefined;
}

/**
 * Runs every case of `objectStoreConformance` without a test framework, one after the other: for a live bucket.
 *
 * @example
 * const report = await runObjectStoreConformance({ name: "my bucket", open: () => openUnderFreshPrefix() });
 * process.exitCode = report.failed === 0 ? 0 : 1;
 *
 * @throws WF_INVALID_ARGUMENT for a setting of the subject out of its bounds, or a known gap in no case
 * @throws WF_INVALID_DURATION
 */
export async function runObjectStoreConformance(
  subject: ObjectStoreSubject,
  options: ConformanceRunOptions = {},
): Promise<ConformanceReport> {
  const { onResult, caseTimeout = "5m", clock = systemClock } = options;
  checkSubject(subject, OBJECT_STORE_CASES);
  const timeoutMs = toMs(caseTimeout, "caseTimeout");
  const results: ConformanceResult[] = [];
  for (const objectStoreCase of OBJECT_STORE_CASES) {
    const run = runObjectStoreCase(objectStoreCase, subject);
    const result = await resultOf(objectStoreCase, withTimeout(run, timeoutMs, clock));
    results.push(result);
    onResult?.(result);
  }
  const count = (status: ConformanceResult["status"]) =>
    results.filter((result) => result.status === status).length;
  return {
    name: subject.name,
    results,
    passed: count("passed"),
    failed: count("failed"),
    skipped: count("skipped"),
  };
}

async function resultOf(
  { id, title }: ObjectStoreCase,
  run: Promise<string | undefined>,
): Promise<ConformanceResult> {
  try {
    const message = await run;
    return { id, title, status: message === undefined ? "passed" : "skipped", message };
  } catch (error) {
    return { id, title, status: "failed", message: describeError(error) };
  }
}

async function withTimeout<T>(run: Promise<T>, timeoutMs: number, clock: Clock): Promise<T> {
  const ended = new AbortController();
  const timeout = clock.sleep(timeoutMs, ended.signal).then(() => {
    throw new Error(`it did not end within ${timeoutMs} ms`);
  });
  try {
    return await Promise.race([run, timeout]);
  } finally {
    ended.abort();
  }
}
