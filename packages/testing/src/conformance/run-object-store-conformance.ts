import { type Clock, type Duration, describeError, systemClock, toMs } from "@wf/core";
import { checkClock, checkFunction, checkOptions, type OptionNames } from "@wf/core/adapter";
import { checkNamedSubject } from "./conformance-runner.ts";
import type { ObjectStoreCase } from "./object-store/object-store-case.ts";
import type { ObjectStoreSubject } from "./object-store/object-store-subject.ts";
import { checkSubject, runObjectStoreCase } from "./object-store/run-case.ts";
import { OBJECT_STORE_CASES } from "./object-store-conformance.ts";

/** What came of all cases. */
export interface ConformanceReport {
  /** The subject's. */
  readonly name: string;
  /** Every case, in order. */
  readonly results: readonly ConformanceResult[];
  /** How many cases passed. */
  readonly passed: number;
  /** How many cases failed: 0 where the store keeps its contract. */
  readonly failed: number;
  /** How many cases were left out, or failed as a known gap. */
  readonly skipped: number;
}

/** What came of one case. */
export interface ConformanceResult {
  /** Permanent: `create-004`. */
  readonly id: string;
  /** What the store has to do, as a sentence. */
  readonly title: string;
  /** `skipped`: left out, or failed as a known gap. */
  readonly status: "passed" | "failed" | "skipped";
  /** What is wrong, or why the case was left out; undefined where it passed. */
  readonly message: string | undefined;
}

/** How {@link runObjectStoreConformance} goes about it. */
export interface ConformanceRunOptions {
  /** Told of each case as it ends. */
  readonly onResult?: ((result: ConformanceResult) => void) | undefined;
  /** How long a case may take. One that takes longer has failed, and is left behind. Default 5 minutes. */
  readonly caseTimeout?: Duration | undefined;
  /** Measures the timeout. Default: the system's clock. */
  readonly clock?: Clock | undefined;
}

const NAMES: OptionNames<ConformanceRunOptions> = {
  onResult: true,
  caseTimeout: true,
  clock: true,
};

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
  checkNamedSubject(subject);
  checkOptions(options, "options", NAMES);
  const { onResult, caseTimeout = "5m", clock = systemClock } = options;
  if (onResult !== undefined) checkFunction(onResult, "onResult");
  checkClock(clock);
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
