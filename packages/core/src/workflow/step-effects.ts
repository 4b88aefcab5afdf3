/**
 * KV changes that are committed with the outcome that the runner returns: all of them, or none when it
 * throws or the run is cancelled from outside.
 *
 * Refused at once: keys that start with `workflow/` (WF_RESERVED_KV_KEY), bad keys and values
 * (WF_INVALID_KEY, WF_KV_VALUE_TOO_LARGE, WF_INVALID_ARGUMENT), one key staged both ways
 * (WF_CONFLICTING_EFFECT), and everything after the runner has returned (WF_EFFECTS_SEALED).
 */
export interface StepEffects {
  /** At most 256 KiB. The last of several puts of one key counts. */
  put(key: string, value: Uint8Array): void;
  /** Removes the entry with the commit; a missing key is no error. */
  delete(key: string): void;
}
