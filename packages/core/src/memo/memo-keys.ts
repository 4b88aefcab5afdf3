import { hash } from "node:crypto";
import { StoreError, WfError } from "../errors.ts";
import { checkId, checkInteger } from "../queue/checks.ts";
import type { FrameKind } from "../store/frame.ts";

/**
 * The stored layout of memos, known to this file alone:
 *
 *     {prefix}/memos/{run id}/{step number}/{SHA-256 of the user's key, hex}    framed value
 *     {prefix}/step-outputs/{run id}/{step number}/{SHA-256 of the step's payload, hex}   framed CBOR
 *     {prefix}/outcomes/{run id}/{job of the last step}                         framed CBOR
 *     {prefix}/terminals/{when the run ended, 20 digits of ms}/{run id}         framed, empty
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
export function runMemosPrefix(prefix: string, runId: string): string {
  checkId(runId, "WF_INVALID_RUN_ID");
  return `${prefix}/memos/${runId}/`;
}

/** @throws WF_INVALID_RUN_ID */
export function runOutputsPrefix(prefix: string, runId: string): string {
  checkId(runId, "WF_INVALID_RUN_ID");
  return `${prefix}/step-outputs/${runId}/`;
}

export function stepOutputKey(
  prefix: string,
  runId: string,
  stepNumber: number,
  payload: Uint8Array,
): string {
  return `${runOutputsPrefix(prefix, runId)}${stepNumber}/${hash("sha256", payload)}`;
}

export function outcomeObjectKey(prefix: string, runId: string, jobId: string): string {
  return `${prefix}/outcomes/${runId}/${jobId}`;
}

/** @throws WF_INVALID_RUN_ID, WF_INVALID_ARGUMENT */
export function stepMemosPrefix(prefix: string, runId: string, stepNumber: number): string {
  checkInteger(stepNumber, "stepNumber", 0, Number.MAX_SAFE_INTEGER);
  return `${runMemosPrefix(prefix, runId)}${stepNumber}/`;
}

/** @throws WF_INVALID_KEY for half a surrogate pair: all of them have the same UTF-8 and would share an entry */
export function memoKey(stepPrefix: string, userKey: string): string {
  if (typeof userKey !== "string" || !userKey.isWellFormed()) {
    const shown = typeof userKey === "string" ? JSON.stringify(userKey) : typeof userKey;
    throw new WfError("WF_INVALID_KEY", `memo key is ${shown}: give a well-formed string`);
  }
  return stepPrefix + hash("sha256", userKey);
}

/** The user key that stands for an input, from its canonical encoding. */
export function contentUserKey(encodedInput: Uint8Array): string {
  return `content:${hash("sha256", encodedInput)}`;
}

export function markersPrefix(prefix: string): string {
  return `${prefix}/terminals/`;
}

/** @throws WF_INVALID_RUN_ID, WF_INVALID_ARGUMENT */
export function markerKey(prefix: string, runId: string, terminatedAt: number): string {
  checkId(runId, "WF_INVALID_RUN_ID");
  checkInteger(terminatedAt, "terminatedAt", 0, Number.MAX_SAFE_INTEGER);
  return `${markersPrefix(prefix)}${String(terminatedAt).padStart(TIME_DIGITS, "0")}/${runId}`;
}

/** @throws WF_DATA_CORRUPT where the key was not made by {@link markerKey} */
export function parseMarkerKey(
  prefix: string,
  key: string,
): { readonly runId: string; readonly terminatedAt: number } {
  const match = MARKER.exec(key.slice(markersPrefix(prefix).length));
  if (match === null) {
    throw new StoreError(
      "WF_DATA_CORRUPT",
      `${key}: this is no key of a terminal marker, which end in 20 digits, "/" and a run id; ` +
        `remove the object if it is not yours`,
      { key },
    );
  }
  return { terminatedAt: Number(match[1]), runId: match[2] as string };
}
