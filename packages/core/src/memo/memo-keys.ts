import { hash } from "node:crypto";
import { show } from "../argument-checks.ts";
import { WfError } from "../errors.ts";
import { checkId, checkInteger } from "../queue/checks.ts";
import type { FrameKind } from "../store/frame.ts";

/**
 * The names of the memo's objects, known to this file alone. A key is the memo's prefix, "/" and the name; what
 * is stored there is in a frame that holds the name as well (see `MemoObjects`).
 *
 *     memos/{run id}/{step number}/{SHA-256 of the user's key, hex}                  a value
 *     step-outputs/{run id}/{step number}/{SHA-256 of the step's payload, hex}       CBOR
 *     outcomes/{run id}/{job of the last step}                                       CBOR
 *     terminals/{when the run ended, 20 digits of ms}/{run id}                       nothing: the name says all
 *
 * User keys are hashed so that any string is one; markers sort by time so that a listing can stop early.
 */
export const MEMO_FRAME: FrameKind = { magic: "wfme", version: 1 };
export const MARKER_FRAME: FrameKind = { magic: "wfmk", version: 1 };

export const OUTPUT_FRAME: FrameKind = { magic: "wfso", version: 1 };
export const OUTCOME_FRAME: FrameKind = { magic: "wfro", version: 1 };

const TIME_DIGITS = 20;
const MARKER = /^(\d{20})\/([A-Za-z0-9_-]{1,128})$/;

/** @throws WF_INVALID_RUN_ID */
export function runMemosStart(runId: string): string {
  checkId(runId, "WF_INVALID_RUN_ID");
  return `memos/${runId}/`;
}

/** @throws WF_INVALID_RUN_ID */
export function runOutputsStart(runId: string): string {
  checkId(runId, "WF_INVALID_RUN_ID");
  return `step-outputs/${runId}/`;
}

export function stepOutputName(runId: string, stepNumber: number, payload: Uint8Array): string {
  return `${runOutputsStart(runId)}${stepNumber}/${hash("sha256", payload)}`;
}

export function outcomeName(runId: string, jobId: string): string {
  return `outcomes/${runId}/${jobId}`;
}

/** @throws WF_INVALID_RUN_ID, WF_INVALID_ARGUMENT */
export function stepMemosStart(runId: string, stepNumber: number): string {
  checkInteger(stepNumber, "stepNumber", 0, Number.MAX_SAFE_INTEGER);
  return `${runMemosStart(runId)}${stepNumber}/`;
}

/** @throws WF_INVALID_KEY for half a surrogate pair: all of them have the same UTF-8 and would share an entry */
export function memoName(stepStart: string, userKey: string): string {
  if (typeof userKey !== "string" || !userKey.isWellFormed()) {
    throw new WfError("WF_INVALID_KEY", `memo key is ${show(userKey)}: give a well-formed string`);
  }
  return stepStart + hash("sha256", userKey);
}

/** The user key that stands for an input, from its canonical encoding. */
export function contentUserKey(encodedInput: Uint8Array): string {
  return `content:${hash("sha256", encodedInput)}`;
}

export const MARKERS_START = "terminals/";

/** @throws WF_INVALID_RUN_ID, WF_INVALID_ARGUMENT */
export function markerName(runId: string, terminatedAt: number): string {
  checkId(runId, "WF_INVALID_RUN_ID");
  checkInteger(terminatedAt, "terminatedAt", 0, Number.MAX_SAFE_INTEGER);
  return `${MARKERS_START}${String(terminatedAt).padStart(TIME_DIGITS, "0")}/${runId}`;
}

/** What a marker says, or undefined for a name that was not made by {@link markerName}. */
export function parseMarkerName(
  name: string,
): { readonly runId: string; readonly terminatedAt: number } | undefined {
  const match = MARKER.exec(name.slice(MARKERS_START.length));
  const terminatedAt = Number(match?.[1]);
  if (match === null || !Number.isSafeInteger(terminatedAt)) return undefined;
  return { terminatedAt, runId: match[2] as string };
}
