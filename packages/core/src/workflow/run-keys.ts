import { hash } from "node:crypto";
import { WfError } from "../errors.ts";
import { MAX_ID_LENGTH } from "../queue/checks.ts";

/**
 * Where the runtime keeps its state in the queue, known to this file alone:
 *
 *     KV   workflow/runs/{run id}           the record of an active run
 *     KV   workflow/cancels/{run id}        present once it was cancelled from outside, until it has ended
 *     KV   workflow/signal-wait/{key}       the step that waits for a signal, until it is woken or runs
 *     KV   workflow/signal-buf/{key}        where the signals that nobody waited for begin and end
 *     KV   workflow/signal-buf/{key}/{n}    one such signal, by 16 digits
 *     KV   workflow/signal-delivered/{job}  the one that a step took from there, until it is settled
 *     KV   workflow/outcomes/{run id}       how a run ended last, where outcomes are kept
 *     KV   workflow/outcome-times/{t}/{id}  the same in order of time, 20 digits of ms, for the sweep
 *     KV   workflow/ends/{run id}           when it ended last, where its memo is to be removed
 *     KV   workflow/sweeps/{run id}         present while that memo is being removed
 *     KV   workflow/moved-to                where the queue went, once it is moved: the queue's own
 *     job  workflow.run_id, workflow.step   headers of a step
 *     job  workflow.run_id, workflow.terminal    headers of a notification; its id is {step's job}-end
 *
 * A signal's {key} is the SHA-256 of its correlation key, so that any string is one and none holds another.
 */
export const RUN_RECORDS_PREFIX = "workflow/runs/";
export const OUTCOME_TIMES_PREFIX = "workflow/outcome-times/";
export const LAST_ENDS_PREFIX = "workflow/ends/";
export const SWEEPS_PREFIX = "workflow/sweeps/";

const RESERVED_KV_PREFIX = "workflow/";
const RESERVED_HEADER_PREFIX = "workflow.";
const RUN_ID = "workflow.run_id";
const STEP = "workflow.step";
const TERMINAL = "workflow.terminal";

const POSITION_DIGITS = 16;
const TIME_DIGITS = 20;
const MAX_CORRELATION_KEY_BYTES = 1_024;
const OUTCOME_TIME = /^(\d{20})\/([A-Za-z0-9_-]{1,128})$/;
const RUN_ID_FORM = /^[A-Za-z0-9_-]{1,128}$/;
const STEP_FORM = /^(0|[1-9]\d{0,14})$/;

type Headers = Readonly<Record<string, string>>;

export function runRecordKey(runId: string): string {
  return RUN_RECORDS_PREFIX + runId;
}

export function cancelKey(runId: string): string {
  return `workflow/cancels/${runId}`;
}

export function signalWaitKey(correlationKey: string): string {
  return `workflow/signal-wait/${hash("sha256", correlationKey)}`;
}

export function signalBufferKey(correlationKey: string): string {
  return `workflow/signal-buf/${hash("sha256", correlationKey)}`;
}

export function signalEntryKey(bufferKey: string, position: number): string {
  return `${bufferKey}/${String(position).padStart(POSITION_DIGITS, "0")}`;
}

export function signalDeliveredKey(jobId: string): string {
  return `workflow/signal-delivered/${jobId}`;
}

export function outcomeKey(runId: string): string {
  return `workflow/outcomes/${runId}`;
}

export function outcomeTimeKey(runId: string, terminatedAt: number): string {
  return `${OUTCOME_TIMES_PREFIX}${String(terminatedAt).padStart(TIME_DIGITS, "0")}/${runId}`;
}

/** Which end of which run. */
export interface OutcomePlace {
  readonly runId: string;
  readonly terminatedAt: number;
}

/** Undefined where the key was not made by {@link outcomeTimeKey}. */
export function parseOutcomeTimeKey(key: string): OutcomePlace | undefined {
  const match = OUTCOME_TIME.exec(key.slice(OUTCOME_TIMES_PREFIX.length));
  return match === null ? undefined : { terminatedAt: Number(match[1]), runId: match[2] as string };
}

export function lastEndKey(runId: string): string {
  return LAST_ENDS_PREFIX + runId;
}

export function sweepKey(runId: string): string {
  return SWEEPS_PREFIX + runId;
}

/** The job that tells of the end of a run in the step of that job. */
export function terminalJobId(stepJobId: string): string | undefined {
  const id = `${stepJobId}-end`;
  return id.length <= MAX_ID_LENGTH ? id : undefined;
}

/** @throws WF_INVALID_KEY */
export function checkCorrelationKey(key: string): void {
  const wellFormed = typeof key === "string" && key.isWellFormed();
  const bytes = wellFormed ? Buffer.byteLength(key) : 0;
  if (bytes > 0 && bytes <= MAX_CORRELATION_KEY_BYTES) return;
  const shown = typeof key === "string" ? JSON.stringify(key.slice(0, 100)) : typeof key;
  throw new WfError(
    "WF_INVALID_KEY",
    `correlation key ${shown} has ${wellFormed ? bytes : "no"} bytes of UTF-8; it takes a well-formed ` +
      `string of 1 to ${MAX_CORRELATION_KEY_BYTES} bytes`,
  );
}

/** The headers of a step, from the user's or from those of the step before. */
export function stepHeaders(base: Headers, runId: string, step: number): Headers {
  return { ...base, [RUN_ID]: runId, [STEP]: String(step) };
}

/** The run and step that a job is for, or undefined where its headers do not say so. */
export function readStepHeaders(
  headers: Headers,
): { readonly runId: string; readonly step: number } | undefined {
  const runId = headers[RUN_ID];
  const step = headers[STEP];
  if (runId === undefined || !RUN_ID_FORM.test(runId)) return undefined;
  if (step === undefined || !STEP_FORM.test(step)) return undefined;
  return { runId, step: Number(step) };
}

/** The headers of a run's notification, from those of its step; made at every step, for its death. */
export function terminalHeaders(step: Headers, runId: string): Headers {
  return { ...step, [RUN_ID]: runId, [TERMINAL]: "1" };
}

export function isTerminalJob(headers: Headers): boolean {
  return headers[TERMINAL] !== undefined;
}

/** The run that a notification is about, or undefined where its headers do not say so. */
export function readTerminalHeaders(headers: Headers): string | undefined {
  const runId = headers[RUN_ID];
  return runId !== undefined && RUN_ID_FORM.test(runId) ? runId : undefined;
}

/** What the user gave to `submit`. */
export function userHeaders(headers: Headers): Headers {
  const { [RUN_ID]: _runId, [STEP]: _step, [TERMINAL]: _terminal, ...user } = headers;
  return user;
}

/** @throws WF_RESERVED_HEADER */
export function checkNoReservedHeader(headers: Headers): void {
  for (const name of Object.keys(headers)) {
    if (name.startsWith(RESERVED_HEADER_PREFIX)) {
      throw new WfError(
        "WF_RESERVED_HEADER",
        `header ${JSON.stringify(name)} is reserved: names that start with ` +
          `"${RESERVED_HEADER_PREFIX}" are the workflow runtime's own`,
        { key: name },
      );
    }
  }
}

/** @throws WF_RESERVED_KV_KEY */
export function checkNotReserved(kvKey: string): void {
  if (kvKey.startsWith(RESERVED_KV_PREFIX)) {
    throw new WfError(
      "WF_RESERVED_KV_KEY",
      `KV key ${JSON.stringify(kvKey)} is reserved: keys that start with "${RESERVED_KV_PREFIX}" ` +
        `are the workflow runtime's own`,
      { key: kvKey },
    );
  }
}
