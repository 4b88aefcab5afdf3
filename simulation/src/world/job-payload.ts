import type { HandlerScript } from "../plan/plan.ts";

/** What is in the payload of a job that was enqueued by a plan. */
export interface JobPayload {
  /** Unique in the run. */
  readonly name: string;
  readonly script?: HandlerScript | undefined;
}

/** As JSON, with blanks up to `bytes`. */
export function encodePayload(content: object, bytes: number): Uint8Array {
  return Buffer.from(JSON.stringify(content).padEnd(bytes));
}

export function decodePayload<T>(payload: Uint8Array): T {
  return JSON.parse(Buffer.from(payload).toString());
}
