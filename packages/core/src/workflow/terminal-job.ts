import { encode } from "cborg";
import { isId } from "../queue/checks.ts";
import type { EnqueueRequest } from "../queue/effects.ts";
import type { Job } from "../queue/job.ts";
import { terminalHeaders, terminalJobId } from "./run-keys.ts";
import { damaged, decodeStored, isCount } from "./stored-map.ts";

const NOTE = { what: "the payload of this terminal job", version: 1, format: "cbor" } as const;

/** How a run ended, apart from which run it was and when. */
export type Ending =
  | { readonly status: "succeeded"; readonly result: Uint8Array }
  | { readonly status: "failed"; readonly error: string }
  | { readonly status: "cancelled"; readonly reason: string | undefined };

/** What a terminal job says about the end of its run. */
export type TerminalNote =
  | { readonly kind: "ended"; readonly ending: Ending; readonly step: number; readonly at: number }
  /** A step died where nobody could tell how; its job may still know. */
  | {
      readonly kind: "died";
      readonly stepJobId: string;
      readonly step: number;
      /** Of the signal that the step waited for. */
      readonly waitKey?: string | undefined;
    };

/** What a step's job passes on to the terminal job of its run. */
export type StepJob = Pick<EnqueueRequest, "queue" | "priority" | "maxAttempts"> &
  Pick<Job, "headers">;

/** The job that tells of the end of a run, on the queue of the step in which it ended. */
export function terminalRequest(
  from: StepJob,
  runId: string,
  stepJobId: string,
  note: TerminalNote,
): EnqueueRequest {
  return {
    id: terminalJobId(stepJobId),
    queue: from.queue,
    payload: encode({ v: NOTE.version, ...note }, { ignoreUndefinedProperties: true }),
    headers: terminalHeaders(from.headers, runId),
    priority: from.priority,
    maxAttempts: from.maxAttempts,
  };
}

/** @throws WF_DATA_CORRUPT, WF_LAYOUT_UNSUPPORTED naming the job */
export function decodeTerminalNote(jobId: string, payload: Uint8Array): TerminalNote {
  const note = decodeStored<NoteField>(NOTE, jobId, payload);
  const { kind, step, at, stepJobId, waitKey } = note;
  const ending = endingOf(note.ending);
  if (kind === "ended" && ending !== undefined && isCount(step) && isCount(at)) {
    return { kind, ending, step, at };
  }
  if (kind === "died" && isCount(step) && isId(stepJobId)) {
    return { kind, stepJobId, step, waitKey: typeof waitKey === "string" ? waitKey : undefined };
  }
  throw damaged(NOTE, jobId);
}

type NoteField = "kind" | "step" | "at" | "stepJobId" | "waitKey" | "ending";

/** What was stored of an {@link Ending}, or undefined where it is none. */
export function endingOf(value: unknown): Ending | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { status, result, error, reason } = value as Partial<Record<string, unknown>>;
  if (status === "succeeded" && result instanceof Uint8Array) return { status, result };
  if (status === "failed" && typeof error === "string") return { status, error };
  if (status !== "cancelled") return undefined;
  return { status, reason: typeof reason === "string" ? reason : undefined };
}
