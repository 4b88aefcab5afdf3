import { decodeFrame, encodeFrame, type FrameKind } from "@wf/core/adapter";
import { damaged } from "./segment.ts";

/** Objects that hold JSON in a frame, for people who look into the store. */
export function encodeJson(kind: FrameKind, value: object): Uint8Array {
  return encodeFrame(kind, Buffer.from(JSON.stringify(value)));
}

/** What is stored of a `T`, of which nothing is known yet. */
export type Untyped<T> = Partial<Record<keyof T, unknown>>;

/** @throws WF_DATA_CORRUPT, WF_LAYOUT_UNSUPPORTED naming `key` */
export function decodeJson<T extends object>(
  kind: FrameKind,
  key: string,
  stored: Uint8Array,
  isSound: (value: Untyped<T>) => boolean,
): T {
  const text = Buffer.from(decodeFrame(kind, key, stored)).toString();
  let value: Untyped<T> | null;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw damaged(key, `it cannot be read: ${(error as Error).message}`);
  }
  if (value === null || !isSound(value)) throw damaged(key, "what it says makes no sense");
  return value as T;
}

/** A whole number from 0 that JavaScript counts with exactly. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
