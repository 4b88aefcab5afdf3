import { decode, encode } from "cborg";
import { StoreError } from "../errors.ts";
import { isId } from "../queue/checks.ts";
import type { Effects } from "../queue/effects.ts";
import type { RunOutcome } from "./run.ts";
import { outcomeKey, outcomeTimeKey } from "./run-keys.ts";
import type { RuntimeContext } from "./runtime-context.ts";
import { damaged, decodeStored, isCount, isTexts, type Untyped } from "./stored-map.ts";
import { endingOf } from "./terminal-job.ts";

const KEPT = { what: "the kept outcome", version: 1, format: "cbor" } as const;
/** A larger outcome is an object of its own, since all KV entries of a queue may be in memory. */
export const MAX_INLINE_BYTES = 32_768;

/** What a KV entry says of an outcome. */
interface Kept {
  readonly at: number;
  /** The step's job, which names the object where `outcome` is one. */
  readonly jobId: string;
  readonly outcome: Uint8Array | undefined;
}

/**
 * What keeps `outcome` in the commit of the run's end: an entry by run id, and one in order of time for the
 * sweep. Where it is large it is written as an object first.
 */
export async function keepingPuts(
  context: RuntimeContext,
  outcome: RunOutcome,
  jobId: string,
): Promise<NonNullable<Effects["put"]>> {
  const { runId, terminatedAt: at } = outcome;
  const encoded = encodeOutcome(outcome);
  const isLarge = encoded.length > MAX_INLINE_BYTES;
  if (isLarge) await context.outcomeObjects.write(runId, jobId, encoded);
  const entry = { v: KEPT.version, at, jobId, ...(isLarge ? {} : { outcome: encoded }) };
  return {
    [outcomeKey(runId)]: encode(entry),
    // Also where it is small: an attempt that was cut off, or overruled, may have left a large one.
    [outcomeTimeKey(runId, at)]: Buffer.from(jobId),
  };
}

/** The outcome with which the run ended last, if it is kept. @throws WF_DATA_CORRUPT, WF_LAYOUT_UNSUPPORTED */
export async function readKeptOutcome(
  context: RuntimeContext,
  runId: string,
): Promise<RunOutcome | undefined> {
  const key = outcomeKey(runId);
  const bytes = await context.queue.kv.get(key);
  if (bytes === undefined) return undefined;
  const kept = decodeKept(key, bytes);
  if (kept.outcome !== undefined) return decodeOutcome(key, runId, kept.outcome);
  const { outcomeObjects } = context;
  const object = await outcomeObjects.read(runId, kept.jobId);
  if (object !== undefined) {
    return decodeOutcome(outcomeObjects.keyOf(runId, kept.jobId), runId, object);
  }
  // Swept meanwhile, unless the entry is there still. Written as it is, because the reads of a queue that was taken
  // over and has not noticed are of then; it refuses the write.
  if (!(await context.queue.kv.compareAndPut(key, bytes, bytes))) return undefined;
  throw new StoreError("WF_DATA_CORRUPT", `${key}: the object with the outcome is missing`, {
    key,
  });
}

/** When the entry says that the run ended. @throws WF_DATA_CORRUPT, WF_LAYOUT_UNSUPPORTED */
export function keptAt(key: string, bytes: Uint8Array): number {
  return decodeKept(key, bytes).at;
}

function encodeOutcome(outcome: RunOutcome): Uint8Array {
  return encode(outcome, { ignoreUndefinedProperties: true });
}

function decodeOutcome(key: string, runId: string, bytes: Uint8Array): RunOutcome {
  let stored: Untyped<keyof RunOutcome> | null;
  try {
    stored = decode(bytes);
  } catch (error) {
    throw damaged(KEPT, key, error);
  }
  const ending = endingOf(stored);
  const { headers, finalStep, terminatedAt } = stored ?? {};
  // The id is in it so that the outcome of another run is noticed.
  const isWhole = ending !== undefined && stored?.runId === runId && isTexts(headers);
  if (!isWhole || !isCount(finalStep) || !isCount(terminatedAt)) throw damaged(KEPT, key);
  return { ...ending, runId, headers, finalStep, terminatedAt };
}

function decodeKept(key: string, bytes: Uint8Array): Kept {
  const { at, jobId, outcome } = decodeStored<keyof Kept>(KEPT, key, bytes);
  if (!isCount(at) || !isId(jobId)) throw damaged(KEPT, key);
  if (outcome !== undefined && !(outcome instanceof Uint8Array)) throw damaged(KEPT, key);
  return { at, jobId, outcome };
}
