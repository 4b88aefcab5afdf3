import { isId } from "../queue/checks.ts";
import type { KeyValueReader } from "../queue/key-value.ts";
import { runRecordKey } from "./run-keys.ts";
import { damaged, decodeStored, isCount, type Untyped } from "./stored-map.ts";

const RECORD = { what: "the run record", version: 1, format: "json" } as const;

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
      `{"v":${RECORD.version},"submittedAt":${submittedAt},"inputSha256":"${inputSha256}",` +
        `"step":${step},"jobId":"${jobId}"}`,
      "latin1",
    );
  }
  return Buffer.from(
    JSON.stringify({ v: RECORD.version, submittedAt, inputSha256, step, jobId, waitKey }),
  );
}

/** @throws WF_DATA_CORRUPT, WF_LAYOUT_UNSUPPORTED naming `key` */
export function decodeRunRecord(key: string, bytes: Uint8Array): RunRecord {
  const stored = decodeStored<keyof RunRecord>(RECORD, key, bytes);
  if (!isRunRecord(stored)) throw damaged(RECORD, key);
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

function isRunRecord(stored: Untyped<keyof RunRecord>): stored is Untyped<"v"> & RunRecord {
  const { submittedAt, inputSha256, step, jobId, waitKey } = stored;
  const sound = isCount(submittedAt) && isCount(step) && isId(jobId);
  if (!sound || typeof inputSha256 !== "string") return false;
  return waitKey === undefined || typeof waitKey === "string";
}
