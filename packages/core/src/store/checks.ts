import { StoreError } from "../errors.ts";
import { checkInteger } from "../queue/checks.ts";
import { checkObjectKey } from "./object-key.ts";
import type { GetOptions } from "./object-store.ts";

/** @throws WF_INVALID_ARGUMENT where `offset` is no whole number from 0, or `length` none from 1 */
export function checkRange(range: GetOptions["range"]): void {
  if (range === undefined) return;
  checkInteger(range.offset, "range.offset", 0, Number.MAX_SAFE_INTEGER);
  checkInteger(range.length, "range.length", 1, Number.MAX_SAFE_INTEGER);
}

/** The keys of a delete as a list, all of them checked. @throws WF_INVALID_KEY */
export function checkedKeys(keys: string | readonly string[]): readonly string[] {
  const all = typeof keys === "string" ? [keys] : keys;
  for (const key of all) checkObjectKey(key);
  return all;
}

/** @throws WF_STORE_OBJECT_TOO_LARGE where the body of a put has more than `maxObjectBytes` */
export function checkObjectSize(key: string, body: Uint8Array, maxObjectBytes: number): void {
  if (body.length <= maxObjectBytes) return;
  throw new StoreError(
    "WF_STORE_OBJECT_TOO_LARGE",
    `put ${key}: the body has ${body.length} bytes; at most ${maxObjectBytes} are allowed (maxObjectBytes)`,
    { key },
  );
}
