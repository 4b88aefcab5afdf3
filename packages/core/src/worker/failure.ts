import { MAX_DURATION_MS } from "../duration.ts";
import { describeError, isPermanent, type WfError } from "../errors.ts";

/** Of the text of an error as it is stored, in UTF-16 units. */
const MAX_ERROR_TEXT = 8_000;

/** The text under which a failure is stored, bounded. */
export function failureText(thrown: unknown): string {
  const text = describeError(thrown).toWellFormed();
  return text.length <= MAX_ERROR_TEXT
    ? text
    : `${text.slice(0, MAX_ERROR_TEXT).toWellFormed()}… (${text.length} characters in all)`;
}

/** The delay that a thrown error asks for by its `retryAfterMs`, if that is a usable one. */
export function retryAfterOf(thrown: unknown): number | undefined {
  const ms = (thrown as { retryAfterMs?: unknown } | null | undefined)?.retryAfterMs;
  return typeof ms === "number" && ms >= 0 && ms <= MAX_DURATION_MS ? ms : undefined;
}

/**
 * Whether a settlement was refused for what it asks, so that asking again is no use, while the claim is
 * still open and can be settled otherwise.
 */
export function isRefusedSettlement(error: unknown): boolean {
  return isPermanent(error) && !CLAIM_ENDED.has((error as WfError).code);
}

const CLAIM_ENDED: ReadonlySet<string> = new Set(["WF_CLAIM_LOST", "WF_FENCED", "WF_CLOSED"]);
