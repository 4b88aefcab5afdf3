import { crc32 } from "node:zlib";
import type { RandomSource } from "@wf/core";

/** What may become of stored bytes. `other` is another object of the same kind, `bytes` is left as it is. */
export type Mutation = (random: RandomSource, bytes: Uint8Array, other: Uint8Array) => Uint8Array;

/** In the encoding of the queue's records, and in big-endian: lengths that no memory has room for. */
const HUGE_LENGTHS: readonly (readonly number[])[] = [
  [0xff, 0xff, 0xff, 0xff, 0x0f], // 2^32 - 1
  [0x80, 0x80, 0x80, 0x80, 0x10], // 2^32
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f], // 2^53 - 1
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], // 2^56 - 1
  [0xff, 0xff, 0xff, 0xff],
  [0x00, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  // CBOR: bytes, a string, an array and a map of 2^32 - 1 and of 2^53 - 1
  ...[0x5a, 0x7a, 0x9a, 0xba].map((head) => [head, 0xff, 0xff, 0xff, 0xff]),
  ...[0x5b, 0x7b, 0x9b, 0xbb].map((head) => [head, 0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
];

export const BYTE_MUTATIONS: Readonly<Record<string, Mutation>> = {
  "a flipped bit": (random, bytes) => flipped(random, bytes, 1),
  "some flipped bits": (random, bytes) => flipped(random, bytes, 2 + below(random, 30)),
  "a lost end": (random, bytes) => bytes.slice(0, below(random, bytes.length)),
  "a lost start": (random, bytes) => bytes.slice(1 + below(random, bytes.length)),
  "a lost part": (random, bytes) => {
    const [start, end] = range(random, bytes);
    return joined(bytes.subarray(0, start), bytes.subarray(end));
  },
  "a doubled part": (random, bytes) => {
    const [start, end] = range(random, bytes);
    return joined(bytes.subarray(0, end), bytes.subarray(start));
  },
  "more at the end": (random, bytes) => joined(bytes, noise(random, 1 + below(random, 40))),
  "noise within": (random, bytes) => {
    const [start, end] = range(random, bytes);
    const damaged = bytes.slice();
    damaged.set(noise(random, end - start), start);
    return damaged;
  },
  "zeros within": (random, bytes) => {
    const [start, end] = range(random, bytes);
    return bytes.slice().fill(0, start, end);
  },
  "a huge length": (random, bytes) => {
    const length = Uint8Array.from(pick(random, HUGE_LENGTHS));
    const start = below(random, bytes.length + 1);
    const replaced = random() < 0.5 ? 1 : length.length;
    return joined(bytes.subarray(0, start), length, bytes.subarray(start + replaced));
  },
  "the end of another": (random, bytes, other) => {
    const [start] = range(random, bytes);
    const [from] = range(random, other);
    return joined(bytes.subarray(0, start), other.subarray(random() < 0.5 ? start : from));
  },
  "another in its place": (_, __, other) => other.slice(),
  nothing: () => new Uint8Array(),
};

const HEADER_BYTES = 9;

/** Applies a mutation behind the checksum of a frame, so that what stands behind that is reached. */
export function resealed(mutation: Mutation): Mutation {
  return (random, frame, other) => {
    const body = mutation(random, frame.subarray(HEADER_BYTES), other.subarray(HEADER_BYTES));
    const changed = Buffer.concat([frame.subarray(0, HEADER_BYTES), body]);
    changed.writeUInt32BE(crc32(body), 5);
    return new Uint8Array(changed);
  };
}

/** What may stand in the place of a value in JSON or CBOR. */
const MISFITS: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  0.5,
  2 ** 32,
  2 ** 53,
  1e308,
  "",
  "x",
  "../..",
  "\u0000",
  "x".repeat(1_000),
  [],
  [[]],
  {},
  { v: 1 },
  nested(2_000),
];

/** Changes one place in a plain value: another value, nothing, or one more entry. `value` is left as it is. */
export function misshapen(random: RandomSource, value: unknown): unknown {
  if (random() < 0.1) return pick(random, MISFITS);
  const copy = structuredClone(value);
  const places = [...placesOf(copy)];
  if (places.length === 0) return pick(random, MISFITS);
  const { holder, name } = pick(random, places);
  const how = random();
  if (how < 0.2) delete holder[name];
  else if (how < 0.3) Object.assign(holder, { [pick(random, ["__proto__", "more", "0"])]: 1 });
  else holder[name] = pick(random, MISFITS);
  return copy;
}

type Holder = Record<string, unknown>;

function* placesOf(value: unknown): Generator<{ holder: Holder; name: string }> {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return;
  for (const name of Object.keys(value)) {
    yield { holder: value as Holder, name };
    yield* placesOf((value as Holder)[name]);
  }
}

function nested(depth: number): unknown {
  let value: unknown = [];
  for (let level = 0; level < depth; level++) value = [value];
  return value;
}

export function below(random: RandomSource, limit: number): number {
  return Math.floor(random() * limit);
}

export function pick<T>(random: RandomSource, items: readonly T[]): T {
  return items[below(random, items.length)] as T;
}

function range(random: RandomSource, { length }: Uint8Array): [start: number, end: number] {
  const start = below(random, length);
  // Short ones as a rule, since they leave more of the object to be read.
  const size = random() < 0.7 ? 1 + below(random, 8) : 1 + below(random, length);
  return [start, Math.min(length, start + size)];
}

function flipped(random: RandomSource, bytes: Uint8Array, count: number): Uint8Array {
  const damaged = bytes.slice();
  for (let left = count; left > 0; left--) {
    const at = below(random, damaged.length);
    damaged[at] = (damaged[at] as number) ^ (1 << below(random, 8));
  }
  return damaged;
}

function noise(random: RandomSource, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, () => below(random, 256));
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
