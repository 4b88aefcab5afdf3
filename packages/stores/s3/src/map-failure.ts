import {
  foreignFailure,
  isWrite,
  networkFailure,
  type RequestFailure,
  retryAfterMs,
  type StoreOperation,
  statusFailure,
} from "@wf/core/adapter";

type Code = RequestFailure["code"];
type Row = readonly [code: Code, advice: string];

const PASSING = "WF_STORE_OUTCOME_UNKNOWN";

const CREDENTIALS = "the store does not accept these credentials, or they have expired";
const ELSEWHERE = "the bucket is in another region or at another endpoint: check both";
const DAMAGED = "the body was damaged on the way";
const FULL = "the store is full, or a quota is used up";

const PERMISSION: Readonly<Record<StoreOperation, string>> = {
  create: "the credentials lack s3:PutObject, or the use of the bucket's KMS key",
  put: "the credentials lack s3:PutObject, or the use of the bucket's KMS key",
  get:
    "the credentials lack s3:GetObject, or the use of the bucket's KMS key, or there is no such object and " +
    "they lack s3:ListBucket: without it S3 does not say that an object is missing",
  list: "the credentials lack s3:ListBucket",
  delete: "the credentials lack s3:DeleteObject",
};

/**
 * What an error code of S3 means where its status alone would not say it (API reference, "Error responses").
 * `WF_STORE_OUTCOME_UNKNOWN` is that of a write, for a read it is `WF_STORE_UNAVAILABLE`.
 */
const BY_CODE = rows({
  NoSuchBucket: [
    "WF_STORE_BUCKET_NOT_FOUND",
    "there is no such bucket at this endpoint: create it",
  ],
  // Credentials
  InvalidAccessKeyId: ["WF_STORE_UNAUTHENTICATED", CREDENTIALS],
  SignatureDoesNotMatch: ["WF_STORE_UNAUTHENTICATED", CREDENTIALS],
  ExpiredToken: ["WF_STORE_UNAUTHENTICATED", CREDENTIALS],
  InvalidToken: ["WF_STORE_UNAUTHENTICATED", CREDENTIALS],
  TokenRefreshRequired: ["WF_STORE_UNAUTHENTICATED", CREDENTIALS],
  // The SDK has learned the difference by the time of the next try.
  RequestTimeTooSkewed: ["WF_STORE_UNAVAILABLE", "this machine's clock is wrong: set it"],
  // The wrong place
  AuthorizationHeaderMalformed: ["WF_STORE_MISCONFIGURED", ELSEWHERE],
  IllegalLocationConstraintException: ["WF_STORE_MISCONFIGURED", ELSEWHERE],
  InvalidBucketName: ["WF_STORE_MISCONFIGURED", "this is no name of a bucket"],
  TemporaryRedirect: ["WF_STORE_UNAVAILABLE", "the bucket is new and its name not known yet"],
  // Sizes and quotas
  EntityTooLarge: ["WF_STORE_OBJECT_TOO_LARGE", "the body is larger than the store takes"],
  QuotaExceeded: ["WF_STORE_UNAVAILABLE", FULL],
  XMinioAdminBucketQuotaExceeded: ["WF_STORE_UNAVAILABLE", FULL],
  XMinioStorageFull: ["WF_STORE_UNAVAILABLE", FULL],
  // What passes
  BadDigest: ["WF_STORE_UNAVAILABLE", DAMAGED],
  IncompleteBody: ["WF_STORE_UNAVAILABLE", DAMAGED],
  XAmzContentSHA256Mismatch: ["WF_STORE_UNAVAILABLE", DAMAGED],
  RequestTimeout: [PASSING, "the store gave up waiting for the request"],
  // What is stored, or how
  InvalidObjectState: [
    "WF_STORE_MISCONFIGURED",
    "the object was moved to an archive: keep lifecycle rules away from it",
  ],
  "KMS.DisabledException": ["WF_STORE_DENIED", "the bucket's KMS key is disabled"],
  "KMS.KMSInvalidStateException": ["WF_STORE_DENIED", "the bucket's KMS key cannot be used"],
  "KMS.NotFoundException": ["WF_STORE_DENIED", "the bucket's KMS key is gone"],
  "KMS.ThrottlingException": ["WF_STORE_UNAVAILABLE", "KMS is throttling"],
});

/** Names of errors that the SDK makes before it sends anything. */
const BEFORE_SENDING = rows({
  CredentialsProviderError: [
    "WF_STORE_UNAUTHENTICATED",
    "there are no credentials: the SDK has found none",
  ],
  TokenProviderError: [
    "WF_STORE_UNAUTHENTICATED",
    "there are no credentials: the SDK has found no token",
  ],
  EndpointError: ["WF_STORE_MISCONFIGURED", "bucket, region and endpoint do not go together"],
});

/** As a map, because a store may send any text for a code. */
function rows(table: Readonly<Record<string, Row>>): ReadonlyMap<string | undefined, Row> {
  return new Map(Object.entries(table));
}

/** An answer that is none of S3's, whatever its status says: that of a proxy or of another service. */
export class ForeignAnswer extends Error {
  constructor(lacks: string) {
    super(`the answer lacks ${lacks}, which S3 always gives`);
  }
}

/** What it means that a request of this operation failed. @param nowMs ms since the Unix epoch */
export function mapFailure(
  error: unknown,
  operation: StoreOperation,
  nowMs: number,
): RequestFailure {
  const writes = isWrite(operation);
  const status = statusOf(error);
  // Of what has the status of a success, only the reading can have failed.
  if (error instanceof ForeignAnswer || (status !== undefined && status < 300)) {
    return foreignFailure("S3", writes);
  }
  if (status === undefined) return meaningWithoutAnswer(error, writes);
  const { code, advice } = meaning(codeOf(error), status, operation);
  return {
    code: code === PASSING && !writes ? "WF_STORE_UNAVAILABLE" : code,
    advice,
    retryAfterMs: retryAfterMs(retryAfterOf(error), nowMs),
  };
}

function meaning(
  code: string | undefined,
  status: number,
  operation: StoreOperation,
): RequestFailure {
  const row = BY_CODE.get(code) ?? byStatus(status, operation);
  if (row !== undefined) return { code: row[0], advice: row[1] };
  return statusFailure(status, isWrite(operation));
}

function byStatus(status: number, operation: StoreOperation): Row | undefined {
  switch (status) {
    case 403:
      return ["WF_STORE_DENIED", PERMISSION[operation]];
    case 409:
      return ["WF_STORE_UNAVAILABLE", "another request for the same object is under way"];
    case 412:
      if (operation !== "create") return undefined;
      return ["WF_STORE_ALREADY_EXISTS", "there is an object already"];
    case 501:
      if (operation !== "create") return undefined;
      return ["WF_STORE_UNSUPPORTED", "the store has no create-if-absent (If-None-Match)"];
  }
  return undefined;
}

function meaningWithoutAnswer(error: unknown, writes: boolean): RequestFailure {
  const { name, message, code } = fieldsOf(error);
  const row = BEFORE_SENDING.get(name);
  if (row !== undefined) return { code: row[0], advice: row[1] };
  if (code === "ERR_INVALID_URL" || /^Region (is missing|not accepted)/.test(message ?? "")) {
    return { code: "WF_STORE_MISCONFIGURED", advice: "check the region and the endpoint" };
  }
  return networkFailure(error, writes);
}

/** The fields by which the SDK tells what was wrong; an answer is told of by `S3ServiceException`. */
interface SdkErrorFields {
  readonly name?: string;
  readonly message?: string;
  readonly code?: string;
  readonly Code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
}

function fieldsOf(error: unknown): SdkErrorFields {
  return typeof error === "object" && error !== null ? error : {};
}

/** The status of the answer, where there was one. */
export function statusOf(error: unknown): number | undefined {
  return fieldsOf(error).$metadata?.httpStatusCode;
}

/** The error code in the answer's body, where there was one. */
export function codeOf(error: unknown): string | undefined {
  return fieldsOf(error).Code;
}

function retryAfterOf(error: unknown): string | undefined {
  return fieldsOf(error).$response?.headers?.["retry-after"];
}
