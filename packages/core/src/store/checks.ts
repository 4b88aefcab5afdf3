import {
  checkBoolean,
  checkList,
  checkObject,
  checkSignal,
  checkText,
} from "../argument-checks.ts";
import { StoreError } from "../errors.ts";
import { checkBytes, checkInteger } from "../queue/checks.ts";
import { checkObjectKey } from "./object-key.ts";
import type { GetOptions, ListOptions, PutOptions, StoreCallOptions } from "./object-store.ts";

/** Checks the arguments of `ObjectStore.put`. @throws WF_INVALID_KEY, WF_INVALID_ARGUMENT */
export function checkPut(key: string, body: Uint8Array, options: PutOptions): void {
  checkObjectKey(key);
  checkBytes(body, "body");
  checkCall(options);
  if (options.ifAbsent !== undefined) checkBoolean(options.ifAbsent, "ifAbsent");
}

/** Checks the arguments of `ObjectStore.get`. @throws WF_INVALID_KEY, WF_INVALID_ARGUMENT */
export function checkGet(key: string, options: GetOptions): void {
  checkObjectKey(key);
  checkCall(options);
  checkRange(options.range);
}

/** The keys of `ObjectStore.delete` as a list, all arguments checked. @throws WF_INVALID_KEY, WF_INVALID_ARGUMENT */
export function checkDelete(
  keys: string | readonly string[],
  options: StoreCallOptions,
): readonly string[] {
  checkCall(options);
  return checkedKeys(keys);
}

/** Checks the arguments of `ObjectStore.list`. @throws WF_INVALID_ARGUMENT */
export function checkListing(prefix: string, options: ListOptions): void {
  checkText(prefix, "prefix");
  checkCall(options);
  if (options.startAfter !== undefined) checkText(options.startAfter, "startAfter");
}

function checkCall(options: StoreCallOptions): void {
  checkObject(options, "options");
  checkSignal(options.signal);
}

/** @throws WF_INVALID_ARGUMENT where `offset` is no whole number from 0, or `length` none from 1 */
export function checkRange(range: GetOptions["range"]): void {
  if (range === undefined) return;
  checkObject(range, "range");
  checkInteger(range.offset, "range.offset", 0, Number.MAX_SAFE_INTEGER);
  checkInteger(range.length, "range.length", 1, Number.MAX_SAFE_INTEGER);
}

/** The keys of a delete as a list, all of them checked. @throws WF_INVALID_KEY, WF_INVALID_ARGUMENT */
export function checkedKeys(keys: string | readonly string[]): readonly string[] {
  const all = typeof keys === "string" ? [keys] : keys;
  checkList(all, "keys");
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
