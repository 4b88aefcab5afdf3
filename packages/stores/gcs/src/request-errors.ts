import { describeError } from "@wf/core";
import type { StoreOperation } from "@wf/core/adapter";
import type { HttpAnswer } from "./exchange.ts";

/** The server answered, and did not do what was asked. The message is the server's. */
export class RefusedError extends Error {
  /** What was refused, which may be a list that another operation needed. */
  readonly operation: StoreOperation;
  readonly status: number;
  /** The server's word for it, such as `rateLimitExceeded`. */
  readonly reason: string | undefined;
  readonly retryAfter: string | null;

  constructor(operation: StoreOperation, answer: HttpAnswer) {
    const { message, reason } = explanationOf(answer);
    super(message);
    this.operation = operation;
    this.status = answer.status;
    this.reason = reason;
    this.retryAfter = answer.headers.get("retry-after");
  }
}

/** What answered with success is not Cloud Storage. */
export class ForeignAnswerError extends Error {}

/** An object did not arrive as it is stored. */
export class DamagedObjectError extends Error {}

/** There was no access token to send the request with. */
export class NotSentError extends Error {
  /** Whether what gives the tokens failed or was not reached, so that it may give one soon. */
  readonly isPassing: boolean;

  /** Keeps the message of `error` only: the rest may hold credentials. */
  constructor(error: unknown) {
    super(describeError(error));
    this.isPassing = isPassing(error);
  }
}

/** An error of a request for a token has a `config`, and a `status` if there was an answer. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof Error && "config" in error)) return false;
  const status = "status" in error ? error.status : undefined;
  return typeof status !== "number" || status >= 500 || status === 429 || status === 408;
}

const MAX_MESSAGE_LENGTH = 300;

/** The explanation that comes with a refusal: JSON or, of a download, mere text. */
export function explanationOf(answer: HttpAnswer): { message: string; reason?: string } {
  const text = Buffer.from(answer.body).toString();
  const { message, errors } = (jsonOf(text) as ErrorBody | undefined)?.error ?? {};
  const shown = (typeof message === "string" ? message : text).trim().slice(0, MAX_MESSAGE_LENGTH);
  const reason = errors?.[0]?.reason;
  return {
    message: shown || "the answer has no text",
    ...(typeof reason === "string" ? { reason } : {}),
  };
}

/** https://cloud.google.com/storage/docs/json_api/v1/status-codes */
interface ErrorBody {
  readonly error?: {
    readonly message?: unknown;
    readonly errors?: readonly { readonly reason?: unknown }[];
  };
}

/** The value of a JSON text that is an object, and undefined for any other text. */
export function jsonOf(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
