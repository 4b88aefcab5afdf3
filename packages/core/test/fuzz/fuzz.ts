import { isDeepStrictEqual } from "node:util";
import { type RandomSource, WfError } from "@wf/core";
import { seededRandom } from "@wf/testing";
import { decode, encode } from "cborg";
import { BYTE_MUTATIONS, type Mutation, misshapen, pick, resealed } from "./mutations.ts";

/** `WF_FUZZ_SEED=n WF_FUZZ_CASES=1` runs one case again; `WF_FUZZ_CASES=n` alone as many as one likes of each. */
export const FIRST_SEED = Number(process.env["WF_FUZZ_SEED"] ?? 1);
const CASES = process.env["WF_FUZZ_CASES"];

/** More memory than this no decoding may take, all objects here being small. */
const MOST_BYTES = 32 * 1_048_576;

/** A stored object or KV entry, whole. */
export interface Stored {
  readonly key: string;
  readonly bytes: Uint8Array;
}

/** A kind of stored thing, and how it is read. */
export interface Subject {
  readonly name: string;
  readonly stored: readonly Stored[];
  /**
   * `sealed`: in a frame whose checksum tells of every change. `bare`: in a record that has one, so that of the
   * thing itself a change may give another one.
   */
  readonly form: "sealed" | "bare";
  /** Of the body in the frame, or of the whole bare one. */
  readonly content: "records" | "json" | "cbor" | "bytes";
  /** The bytes before the content, where it does not begin with the body. */
  readonly headBytes?: number;
  /** Decodes it, and throws an `Error` unless it is such as its reader takes for granted. */
  read(key: string, bytes: Uint8Array): unknown;
}

/**
 * Damages the stored things of a subject in every way, one after the other, and reads them. `cases` is how
 * many times, unless the environment says.
 */
export async function fuzz(subject: Subject, cases: number): Promise<void> {
  const ways = waysOf(subject);
  await fuzzCases(cases, (random, seed) => fuzzOne(subject, ways, random, seed));
}

/** Runs so many cases, or those that the environment asks for, each with a source of its own. */
export async function fuzzCases(
  cases: number,
  run: (random: RandomSource, seed: number) => Promise<void>,
): Promise<void> {
  const count = Number(CASES ?? cases);
  for (let seed = FIRST_SEED; seed < FIRST_SEED + count; seed++) {
    try {
      await run(seededRandom(seed), seed);
    } catch (error) {
      const cause = error instanceof Error ? error.message : error;
      throw new Error(`WF_FUZZ_SEED=${seed} WF_FUZZ_CASES=1: ${cause}`, { cause: error });
    }
  }
}

/** One case: a stored thing, damaged in the way that the seed says. */
export async function fuzzOne(
  subject: Subject,
  ways: readonly Way[],
  random: RandomSource,
  seed: number,
): Promise<void> {
  const way = ways[seed % ways.length] as Way;
  const victim = pick(random, subject.stored);
  const other = pick(random, subject.stored);
  // Copies, and no Buffers, whose `slice` would be a view.
  const damaged = way.mutate(random, new Uint8Array(victim.bytes), new Uint8Array(other.bytes));
  try {
    await tryOne(subject, victim, damaged, way.isNoticed);
  } catch (error) {
    throw new Error(`${subject.name}, ${victim.key}, ${way.name}`, { cause: error });
  }
}

export interface Way {
  readonly name: string;
  readonly mutate: Mutation;
  /** Whether a changed object must be refused. */
  readonly isNoticed: boolean;
}

export function waysOf({ form, content, headBytes = 0 }: Subject): Way[] {
  const isSealed = form === "sealed";
  const plain = Object.entries(BYTE_MUTATIONS);
  const ways: Way[] = plain.map(([name, mutate]) => ({ name, mutate, isNoticed: isSealed }));
  if (isSealed) {
    for (const [name, mutation] of plain) {
      const mutate = resealed(mutation);
      ways.push({ name: `${name} behind the checksum`, mutate, isNoticed: false });
    }
  }
  if (content === "json" || content === "cbor") {
    const mutate = shapeMutation(content, headBytes);
    const weighted = isSealed ? resealed(mutate) : mutate;
    // As many as of all the others, because only these get far.
    const name = `another shape of its ${content}`;
    for (let left = ways.length; left > 0; left--) {
      ways.push({ name, mutate: weighted, isNoticed: false });
    }
  }
  return ways;
}

function shapeMutation(content: "json" | "cbor", headBytes: number): Mutation {
  return (random, body) => {
    const head = body.subarray(0, headBytes);
    const rest = body.subarray(headBytes);
    const value =
      content === "json" ? JSON.parse(Buffer.from(rest).toString()) : (decode(rest) as unknown);
    const changed = misshapen(random, value);
    const encoded = content === "json" ? Buffer.from(JSON.stringify(changed)) : encode(changed);
    return new Uint8Array(Buffer.concat([head, encoded]));
  };
}

async function tryOne(
  subject: Subject,
  { key, bytes }: Stored,
  damaged: Uint8Array,
  isNoticed: boolean,
): Promise<void> {
  const before = memoryInUse();
  const reading = await outcomeOf(() => subject.read(key, damaged));
  const grown = memoryInUse() - before;
  if (grown > MOST_BYTES) throw new Error(`reading it took ${grown} bytes of memory`);
  if ("error" in reading) return checkRefusal(reading.error, key);
  if (!isNoticed || isDeepStrictEqual(damaged, bytes)) return;
  const original = await subject.read(key, bytes);
  if (!isDeepStrictEqual(reading.value, original)) throw new Error("a change went unnoticed");
}

async function outcomeOf(read: () => unknown): Promise<{ value: unknown } | { error: unknown }> {
  try {
    return { value: await read() };
  } catch (error) {
    return { error };
  }
}

/** Damage is told as such, with the name of what is damaged. */
export function checkRefusal(error: unknown, name: string): void {
  const isClear =
    WfError.is(error, "WF_DATA_CORRUPT") || WfError.is(error, "WF_LAYOUT_UNSUPPORTED");
  if (!isClear) throw error;
  if (error.message.includes(name)) return;
  throw new Error(`the error does not name ${name}`, { cause: error });
}

function memoryInUse(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** `value`, which holds no number but what JavaScript counts with exactly, and no broken text. */
export function checkPlain<T>(value: T): T {
  const isCount = typeof value !== "number" || (Number.isSafeInteger(value) && value >= 0);
  if (!isCount) throw new Error(`it holds the number ${value}`);
  if (typeof value === "string" && !value.isWellFormed()) throw new Error("it holds broken text");
  if (typeof value === "object" && value !== null && !(value instanceof Uint8Array)) {
    for (const part of Object.values(value)) checkPlain(part);
  }
  return value;
}

/** `value`, which has all that `example` has, each of the same type, down to the members of lists. */
export function checkLike<T>(value: T, example: unknown): T {
  if (typeof value !== typeof example || Array.isArray(value) !== Array.isArray(example)) {
    throw new Error(`it holds ${JSON.stringify(value)} where it should be ${typeof example}`);
  }
  if (Array.isArray(example)) {
    // A list of one example is a list of any length; a longer one is a tuple.
    const members = value as unknown[];
    if (example.length === 1) for (const member of members) checkLike(member, example[0]);
    else for (const [index, like] of example.entries()) checkLike(members[index], like);
  } else if (typeof example === "object" && example !== null) {
    for (const [name, like] of Object.entries(example)) {
      checkLike((value as Record<string, unknown>)[name], like);
    }
  }
  return checkPlain(value);
}
