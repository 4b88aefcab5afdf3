import { decode } from "cborg";
import { StoreError, WfError } from "../errors.ts";

/** What the runtime keeps as a map with its version in it. */
export interface MapKind {
  /** What it is, as messages say it. */
  readonly what: string;
  /** The newest that this code writes and reads. */
  readonly version: number;
  readonly format: "json" | "cbor";
}

/** Fields of which nothing is known yet. */
export type Untyped<Name extends string> = Partial<Record<Name, unknown>>;

/**
 * The fields of a stored map.
 *
 * @param key where it was read from, named in errors
 * @throws WF_DATA_CORRUPT, WF_LAYOUT_UNSUPPORTED
 */
export function decodeStored<Name extends string>(
  kind: MapKind,
  key: string,
  bytes: Uint8Array,
): Untyped<Name> {
  let stored: Untyped<"v"> | null;
  try {
    stored = kind.format === "json" ? parseJson(bytes) : decode(bytes);
  } catch (error) {
    throw damaged(kind, key, error);
  }
  if (typeof stored?.v === "number" && stored.v > kind.version) {
    throw new WfError(
      "WF_LAYOUT_UNSUPPORTED",
      `${key}: ${kind.what} has version ${stored.v} and this version of wf knows up to ` +
        `${kind.version}; upgrade wf to read it`,
      { key },
    );
  }
  if (stored?.v !== kind.version) throw damaged(kind, key);
  return stored as Untyped<Name>;
}

export function damaged({ what }: MapKind, key: string, cause?: unknown): StoreError {
  const context = cause === undefined ? { key } : { key, cause };
  return new StoreError("WF_DATA_CORRUPT", `${key}: ${what} is damaged`, context);
}

function parseJson({ buffer, byteOffset, byteLength }: Uint8Array): Untyped<"v"> | null {
  return JSON.parse(Buffer.from(buffer, byteOffset, byteLength).toString());
}

/** A whole number from 0 that JavaScript counts with exactly. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** The names and values of headers. */
export function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((text) => typeof text === "string");
}
