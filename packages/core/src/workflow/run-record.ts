import { StoreError, WfError } from "../errors.ts";
import type { KeyValueReader } from "../queue/key-value.ts";
import { runRecordKey } from "./run-keys.ts";

const VERSION = 1;

/** What is kept of an active run beside the job of its current step; gone when the run has ended. */
export interface RunRecord {
  readonly submittedAt: number;
  /** Hex; tells a repeated submission from another one under the same id. */
  readonly inputSha256: string;
  readonly step: number;
  /** The job of that step. */
  readonly jobId: string;
  /** The correlation key of the signal that this step waits for, or was woken by. */
  readonly waitKey?: string | undefined;
}

/** As JSON, for people who look into the store. The same record has the same bytes. */
export function encodeRunRecord(record: RunRecord): Uint8Array {
  const { submittedAt, inputSha256, step, jobId, waitKey } = record;
  if (waitKey === undefined) {
    // Written at every step: what the general way below gives, as nothing in it needs an escape.
    return Buffer.from(
      `{"v":${VERSION},"submittedAt":${submittedAt},"inputSha256":"${inputSha256}",` +
        `"step":${step},"jobId":"${jobId}"}`,
      "latin1",
    );
  }
  return Buffer.from(
    JSON.stringify({ v: VERSION, submittedAt, inputSha256, step, jobId, waitKey }),
  );
}

/** @throws WF_DATA_CORRUPT, WF_LAYOUT_UNSUPPORTED naming `key` */
export function decodeRunRecord(key: string, bytes: Uint8Array): RunRecord {
  const stored = parse(bytes);
  if (typeof stored?.v === "number" && stored.v > VERSION) {
    throw new WfError(
      "WF_LAYOUT_UNSUPPORTED",
      `${key}: the run record has version ${stored.v} and this version of wf knows up to ${VERSION}; ` +
        `upgrade wf to read it`,
      { key },
    );
  }
  if (!isRunRecord(stored)) {
    throw new StoreError("WF_DATA_CORRUPT", `${key}: the run record is damaged`, { key });
  }
  return stored;
}

/** The record of an active run, or undefined where no such run is active. */
export async function readRunRecord(
  kv: KeyValueReader,
  runId: string,
): Promise<RunRecord | undefined> {
  const key = runRecordKey(runId);
  const bytes = await kv.get(key);
  return bytes === undefined ? undefined : decodeRunRecord(key, bytes);
}

type Untyped = Partial<Record<keyof RunRecord | "v", unknown>>;

function isRunRecord(stored: Untyped | undefined): stored is Untyped & RunRecord {
  return (
    stored?.v === VERSION &&
    typeof stored.submittedAt === "number" &&
    typeof stored.inputSha256 === "string" &&
    typeof stored.step === "number" &&
    typeof stored.jobId === "string" &&
    (stored.waitKey === undefined || typeof stored.waitKey === "string")
  );
}

function parse(bytes: Uint8Array): Untyped | undefined {
  try {
    const { buffer, byteOffset, byteLength } = bytes;
    const text = Buffer.from(buffer, byteOffset, byteLength).toString();
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
