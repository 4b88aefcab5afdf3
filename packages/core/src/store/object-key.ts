import { show } from "../argument-checks.ts";
import { WfError } from "../errors.ts";

/** Bytes of an object key, which is ASCII; stores that have a prefix add it to that. */
export const MAX_KEY_BYTES = 900;
export const MAX_KEY_SEGMENT_BYTES = 200;
/** Azure takes 254, the container's and the prefix's among them (Naming and referencing containers, blobs). */
const MAX_KEY_SEGMENTS = 100;

const SEGMENT = /^[A-Za-z0-9._=-]+$/;
const RULE =
  `keys are 1 to ${MAX_KEY_SEGMENTS} segments of A-Z a-z 0-9 . _ = - joined by "/", none of them empty or ` +
  `with "." at its end, at most ${MAX_KEY_SEGMENT_BYTES} bytes a segment and ${MAX_KEY_BYTES} bytes in all`;

/**
 * The one rule for object keys, the same for every store. It leaves nothing for a path or URL parser to
 * interpret, and makes byte order, UTF-16 order and every store's listing order the same.
 *
 * @throws WF_INVALID_KEY
 */
export function checkObjectKey(key: string): void {
  const problem = problemOf(key);
  if (problem !== undefined) throw invalid("key", key, problem);
}

/** Whether {@link checkObjectKey} takes it: for names that others may have stored beside the objects of wf. */
export function isObjectKey(key: string): boolean {
  return problemOf(key) === undefined;
}

function problemOf(key: string): string | undefined {
  if (typeof key !== "string") return "it is no string";
  if (key.length > MAX_KEY_BYTES) return `it has ${key.length} bytes`;
  const segments = key.split("/");
  if (segments.length > MAX_KEY_SEGMENTS) return `it has ${segments.length} segments`;
  for (const segment of segments) {
    // Azure and Windows drop a dot at the end, and "." and ".." are what paths are resolved by.
    if (segment === "" || segment.endsWith(".")) {
      return `its segment ${show(segment)} is not allowed`;
    }
    if (segment.length > MAX_KEY_SEGMENT_BYTES) return `a segment has ${segment.length} bytes`;
    if (!SEGMENT.test(segment)) {
      return `its segment ${show(segment)} has other characters`;
    }
  }
  return undefined;
}

/**
 * Checks a prefix under which keys will be made: the rule of {@link checkObjectKey}, and short enough
 * that a key below it still fits.
 *
 * @param name how the value is called in the error
 * @param roomBytes what the keys below it may need
 * @throws WF_INVALID_KEY
 */
export function checkKeyPrefix(prefix: string, name: string, roomBytes = 400): void {
  const problem = problemOf(prefix);
  if (problem !== undefined) throw invalid(name, prefix, problem);
  const most = MAX_KEY_BYTES - roomBytes;
  if (prefix.length > most) {
    throw invalid(name, prefix, `it may have at most ${most} bytes and has ${prefix.length}`);
  }
}

function invalid(name: string, key: unknown, problem: string): WfError {
  return new WfError(
    "WF_INVALID_KEY",
    `${name} ${show(key)}: ${problem}; ${RULE}`,
    typeof key === "string" ? { key } : {},
  );
}
