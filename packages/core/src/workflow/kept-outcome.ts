import { decode, encode } from "cborg";
import { StoreError, WfError } from "../errors.ts";
import type { Effects } from "../queue/effects.ts";
import type { RunOutcome } from "./run.ts";
import { outcomeKey, outcomeTimeKey } from "./run-keys.ts";
import type { RuntimeContext } from "./runtime-context.ts";
import { endingOf } from "./terminal-job.ts";

const VERSION = 1;
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
  const entry = { v: VERSION, at, jobId, ...(isLarge ? {} : { outcome: encoded }) };
  return {
    [outcomeKey(runId)]: encode(entry),
    [outcomeTimeKey(runId, at)]: Buffer.from(isLarge ? jobId : ""),
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
  const object = await context.outcomeObjects.read(runId, kept.jobId);
  if (object !== undefined) return decodeOutcome(key, runId, object);
  // Swept meanwhile, unless the entry is there still.
  const now = await context.queue.kv.get(key);
  if (now === undefined || Buffer.compare(now, bytes) !== 0) return undefined;
  throw new StoreError("WF_DATA_CORRUPT", `${key}: the object with the outcome is missing`, {
    key,
  });
}

/** When the entry says that the run ended. @throws WF_DATA_CORRUPT, WF_LAYOUT_UNSUPPORTED */
export function keptAt(key: string, bytes: Uint8Array): number {
  return decodeKept(key, bytes).at;
}

function encodeOutcome(outcome: RunOutcome): Uint8Array {
  const { runId: _, ...kept } = outcome;
  return encode(kept, { ignoreUndefinedProperties: true });
}

function decodeOutcome(key: string, runId: string, bytes: Uint8Array): RunOutcome {
  const stored = decodeMap(bytes);
  const ending = endingOf(stored);
  const { headers, finalStep, terminatedAt } = stored ?? {};
  const sound =
    ending !== undefined &&
    typeof headers === "object" &&
    typeof finalStep === "number" &&
    typeof terminatedAt === "number";
  if (!sound) throw damaged(key);
  return { ...ending, runId, headers: headers as RunOutcome["headers"], finalStep, terminatedAt };
}

function decodeKept(key: string, bytes: Uint8Array): Kept {
  const stored = decodeMap(bytes);
  if (typeof stored?.["v"] === "number" && stored["v"] > VERSION) {
    throw new WfError(
      "WF_LAYOUT_UNSUPPORTED",
      `${key}: the outcome has version ${stored["v"]} and this version of wf knows up to ${VERSION}; ` +
        `upgrade wf to read it`,
      { key },
    );
  }
  const { v, at, jobId, outcome } = stored ?? {};
  const sound = v === VERSION && typeof at === "number" && typeof jobId === "string";
  if (!sound || !(outcome === undefined || outcome instanceof Uint8Array)) throw damaged(key);
  return { at, jobId, outcome };
}

function decodeMap(bytes: Uint8Array): Partial<Record<string, unknown>> | undefined {
  try {
    const value: unknown = decode(bytes);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function damaged(key: string): StoreError {
  return new StoreError("WF_DATA_CORRUPT", `${key}: the kept outcome is damaged`, { key });
}
