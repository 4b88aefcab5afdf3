import { StoreError, type WfErrorCode } from "@wf/core";

/** How far an attempt had come when it failed. */
export type Stage = "connect" | "work" | "commit";

/** What to do about a failure. */
export type Reaction =
  /** Tell the caller: trying again is no use. */
  | "fail"
  /** Nothing was applied: try the same again. */
  | "retry"
  /** The answer to a commit was lost: find out whether it happened. */
  | "check"
  /** Something one of the batch needs is in the way: try them apart, one alone again. */
  | "split"
  /** One of the batch cannot be done, it is not said which: try them apart, and tell the caller of that one. */
  | "isolate"
  /** What the batch took for granted does not hold: read it. */
  | "read";

export interface Failure {
  readonly code: WfErrorCode;
  readonly reaction: Reaction;
  readonly hint: string;
}

interface FailureRow extends Failure {
  /** SQLSTATEs, classes of them (two characters), or codes of the operating system. */
  readonly on: readonly string[];
  /** Default: any. */
  readonly stage?: Stage;
}

const NO_SERVER = [
  ...["ECONNREFUSED", "ENOENT", "ENOTFOUND", "EAI_AGAIN"],
  ...["EHOSTUNREACH", "ENETUNREACH", "EHOSTDOWN"],
];
/** The connection is gone: as the operating system, the server or `pg` says it. */
const CONNECTION_LOST = [
  ...["ECONNRESET", "EPIPE", "ETIMEDOUT", "ECONNABORTED", "CONNECTION_LOST"],
  ...["08", "57P01", "57P02", "57P05", "25P03", "25P04"],
];

/**
 * What went wrong, by SQLSTATE (PostgreSQL, Appendix A, "PostgreSQL Error Codes") or by the code of the
 * operating system, and by how far the attempt had come. The first row that fits counts.
 */
export const FAILURE_ROWS: readonly FailureRow[] = [
  {
    on: ["28"],
    code: "WF_STORE_UNAUTHENTICATED",
    reaction: "fail",
    hint: "the server does not accept this user and password",
  },
  {
    on: ["3D000"],
    stage: "connect",
    code: "WF_STORE_NOT_INITIALIZED",
    reaction: "fail",
    hint: "there is no such database: create it first",
  },
  {
    on: ["42501"],
    code: "WF_STORE_DENIED",
    reaction: "fail",
    hint: "the role lacks a permission: grant it, or let another role open the queue once to create the schema",
  },
  {
    on: ["3F000", "42P01"],
    code: "WF_STORE_NOT_INITIALIZED",
    reaction: "fail",
    hint: "the tables of the queue are gone: open it again to create them",
  },
  {
    on: NO_SERVER,
    code: "WF_STORE_UNAVAILABLE",
    reaction: "retry",
    hint: "no server answers at this address",
  },
  {
    on: ["53300"],
    code: "WF_STORE_UNAVAILABLE",
    reaction: "retry",
    hint: "the server has no connection left: lower `connections`, or raise its max_connections",
  },
  {
    on: ["57P03"],
    code: "WF_STORE_UNAVAILABLE",
    reaction: "retry",
    hint: "the server is starting or shutting down",
  },
  {
    on: ["40003"],
    stage: "commit",
    code: "WF_STORE_OUTCOME_UNKNOWN",
    reaction: "check",
    hint: "the server itself does not know whether a commit happened",
  },
  {
    on: CONNECTION_LOST,
    stage: "commit",
    code: "WF_STORE_OUTCOME_UNKNOWN",
    reaction: "check",
    hint: "the connection was lost while a commit was under way",
  },
  {
    on: CONNECTION_LOST,
    code: "WF_STORE_UNAVAILABLE",
    reaction: "retry",
    hint: "the connection to the server was lost",
  },
  {
    on: ["40"],
    code: "WF_STORE_UNAVAILABLE",
    reaction: "retry",
    hint: "other transactions were in the way each time",
  },
  {
    on: ["23505"],
    code: "WF_STORE_UNAVAILABLE",
    reaction: "split",
    hint: "another process inserted the same job id or dedup key each time",
  },
  {
    on: ["22012"],
    code: "WF_STORE_UNAVAILABLE",
    reaction: "read",
    hint: "a claim or this process's mark was taken away each time",
  },
  {
    on: ["55P03", "57014"],
    code: "WF_STORE_UNAVAILABLE",
    reaction: "split",
    hint: "a lock that another transaction holds was not given up in time",
  },
  {
    on: ["25006"],
    code: "WF_STORE_UNAVAILABLE",
    reaction: "retry",
    hint: "the server takes no writes: it is a standby, or set to read-only",
  },
  {
    on: ["53", "58"],
    code: "WF_STORE_UNAVAILABLE",
    reaction: "retry",
    hint: "the server has run out of memory, disk space or another resource",
  },
  {
    on: ["XX001", "XX002"],
    code: "WF_DATA_CORRUPT",
    reaction: "fail",
    hint: "the server finds its data damaged",
  },
  {
    on: ["0A", "42"],
    code: "WF_STORE_UNSUPPORTED",
    reaction: "fail",
    hint: "the server does not do what a PostgreSQL of version 14 or later does",
  },
];

/** All of them have a digit, and no code of the operating system of this length that a connection fails with. */
const SQLSTATE = /^(?=.*\d)[0-9A-Z]{5}$/;

const UNEXPECTED: Failure = {
  code: "WF_STORE_UNAVAILABLE",
  reaction: "isolate",
  hint: "the database failed in an unexpected way",
};

/** Of errors of `pg` that have no code: it has no password that it could give. */
const REFUSED_IN_WORDS = /^SASL|password must be/i;
/** Of errors of `pg` that have no code: it says in words that there is no connection. */
const LOST_IN_WORDS = /terminated|timeout|not queryable|connection error|connection ended/i;

/** What a failure of `pg` means, and what to do about it. */
export function classify(error: unknown, stage: Stage): Failure {
  const code = isLoss(error, stage) ? "CONNECTION_LOST" : codeOf(error);
  const fits = ({ on, stage: only }: FailureRow) =>
    (only === undefined || only === stage) &&
    on.some(
      (key) => key === code || (key.length === 2 && code.length === 5 && code.startsWith(key)),
    );
  return FAILURE_ROWS.find(fits) ?? UNEXPECTED;
}

/**
 * Whether it is taken for the loss of a connection that was in use. While a commit is under way that is everything but
 * the error of a server that stays up, since nothing else says that nothing was applied.
 */
function isLoss(error: unknown, stage: Stage): boolean {
  const { code } = error as { code?: unknown };
  const isAnswer = typeof code === "string" && SQLSTATE.test(code);
  if (stage === "commit") return !isAnswer || isFatal(error);
  return stage === "work" && typeof code === "string" && !isAnswer;
}

/** After these the server closes the connection, whatever the reason. */
function isFatal(error: unknown): boolean {
  const { severity } = error as { severity?: unknown };
  return severity === "FATAL" || severity === "PANIC";
}

/** The error that a caller sees. */
export function storeError(failure: Failure, error: unknown, doing: string): StoreError {
  return new StoreError(failure.code, `${doing}: ${failure.hint}; ${says(error)}`, {
    cause: error,
  });
}

function says(error: unknown): string {
  const { message } = error as Error;
  const code = codeOf(error);
  return SQLSTATE.test(code)
    ? `PostgreSQL says "${message}" (SQLSTATE ${code})`
    : `the connection says "${message || code}"`;
}

function codeOf(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (typeof code === "string") {
    const isKnown = FAILURE_ROWS.some(
      ({ on }) => on.includes(code) || on.includes(code.slice(0, 2)),
    );
    return isFatal(error) && !isKnown ? "CONNECTION_LOST" : code;
  }
  const words = typeof message === "string" ? message : "";
  if (REFUSED_IN_WORDS.test(words)) return "28P01";
  return LOST_IN_WORDS.test(words) ? "CONNECTION_LOST" : "";
}
