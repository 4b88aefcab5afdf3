import { WfError } from "../errors.ts";

/**
 * Where the runtime keeps its state in the queue, known to this file alone:
 *
 *     KV   workflow/runs/{run id}           the record of an active run
 *     KV   workflow/cancels/{run id}        present once it was cancelled from outside, until it has ended
 *     job  workflow.run_id, workflow.step   headers of a step
 *     job  workflow.run_id, workflow.terminal    headers of a notification
 */
export const RUN_RECORDS_PREFIX = "workflow/runs/";

const RESERVED_KV_PREFIX = "workflow/";
const RESERVED_HEADER_PREFIX = "workflow.";
const RUN_ID = "workflow.run_id";
const STEP = "workflow.step";
const TERMINAL = "workflow.terminal";

const RUN_ID_FORM = /^[A-Za-z0-9_-]{1,128}$/;
const STEP_FORM = /^(0|[1-9]\d{0,14})$/;

type Headers = Readonly<Record<string, string>>;

export function runRecordKey(runId: string): string {
  return RUN_RECORDS_PREFIX + runId;
}

export function cancelKey(runId: string): string {
  return `workflow/cancels/${runId}`;
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

/** The headers of a run's notification, from those of its step. */
export function terminalHeaders(step: Headers, runId: string): Headers {
  const { [STEP]: _step, ...headers } = step;
  return { ...headers, [RUN_ID]: runId, [TERMINAL]: "1" };
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
