import { isRestError, RestError } from "@azure/storage-blob";
import type { WfErrorCode } from "@wf/core";
import {
  foreignFailure,
  isWrite,
  networkFailure,
  type RequestFailure,
  retryAfterMs,
  type StoreOperation,
  statusFailure,
} from "@wf/core/adapter";

/** What a caller must have been granted: by role assignment, or by a SAS. */
const PERMISSION: Readonly<Record<StoreOperation, string>> = {
  put: 'the role "Storage Blob Data Contributor", or a SAS with "w"',
  create: 'the role "Storage Blob Data Contributor", or a SAS with "c" or "w"',
  get: 'the role "Storage Blob Data Reader", or a SAS with "r"',
  list: 'the role "Storage Blob Data Reader", or a SAS with "l" for the container',
  delete: 'the role "Storage Blob Data Contributor", or a SAS with "d"',
};

/** To a create, each of these says that there is an object already. */
const MEANS_EXISTS: ReadonlySet<string | undefined> = new Set([
  "BlobAlreadyExists",
  "ConditionNotMet",
  // A SAS that lets create and not replace.
  "UnauthorizedBlobOverwrite",
  // What keeps an object from being replaced.
  "LeaseIdMissing",
  "BlobImmutableDueToPolicy",
  "BlobImmutableDueToLegalHold",
  "InvalidBlobType",
]);

type Row = readonly [code: WfErrorCode, advice: string];

const IMMUTABLE: Row = [
  "WF_STORE_DENIED",
  "an immutability policy or a legal hold keeps the object: exempt this container",
];
const ARCHIVED: Row = [
  "WF_STORE_MISCONFIGURED",
  "the object is in the archive tier: rehydrate it, and exempt this container from lifecycle rules",
];
const HIERARCHICAL: Row = [
  "WF_STORE_UNSUPPORTED",
  "the account has a hierarchical namespace, which keeps no flat order: use one without",
];

/**
 * What an error code of the service means. All others mean what their status says.
 *
 * @see https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes
 * @see https://learn.microsoft.com/rest/api/storageservices/common-rest-api-error-codes
 */
const BY_CODE: ReadonlyMap<string | undefined, Row> = new Map<string, Row>([
  [
    "AuthenticationFailed",
    [
      "WF_STORE_UNAUTHENTICATED",
      "the store does not accept these credentials, or they have expired, or this machine's clock is wrong",
    ],
  ],
  [
    "InvalidAuthenticationInfo",
    [
      "WF_STORE_UNAUTHENTICATED",
      "the store does not accept these credentials: check the tenant and audience of the token",
    ],
  ],
  [
    "PublicAccessNotPermitted",
    [
      "WF_STORE_UNAUTHENTICATED",
      "there are no credentials: the account takes no anonymous requests",
    ],
  ],
  [
    "KeyBasedAuthenticationNotPermitted",
    ["WF_STORE_DENIED", "the account takes no keys: use a Microsoft Entra credential"],
  ],
  ["AccountIsDisabled", ["WF_STORE_DENIED", "the account is disabled"]],
  ["ContainerDisabled", ["WF_STORE_DENIED", "the container is disabled"]],
  [
    "AuthorizationFailure",
    ["WF_STORE_DENIED", "the account's network rules or the credentials do not allow this"],
  ],
  [
    "AuthorizationSourceIPMismatch",
    ["WF_STORE_DENIED", "the SAS is not for the address of this machine"],
  ],
  ["AuthorizationProtocolMismatch", ["WF_STORE_DENIED", "the SAS is for https only"]],
  ["BlobImmutableDueToPolicy", IMMUTABLE],
  ["BlobImmutableDueToLegalHold", IMMUTABLE],
  ["LeaseIdMissing", ["WF_STORE_DENIED", "somebody holds a lease on the object: break it"]],
  ["SnapshotsPresent", ["WF_STORE_DENIED", "the object has snapshots: delete them first"]],
  ["BlobArchived", ARCHIVED],
  ["BlobBeingRehydrated", ARCHIVED],
  ["InvalidBlobType", ["WF_STORE_MISCONFIGURED", "a page or append blob is in the way: remove it"]],
  ["ResourceTypeMismatch", HIERARCHICAL],
  [
    "ContainerNotFound",
    ["WF_STORE_BUCKET_NOT_FOUND", "there is no such container at this endpoint: create it"],
  ],
  [
    "ResourceNotFound",
    [
      "WF_STORE_BUCKET_NOT_FOUND",
      "there is no such container at this endpoint: create it, or use credentials that may see it",
    ],
  ],
  [
    "ContainerBeingDeleted",
    ["WF_STORE_UNAVAILABLE", "the container is being deleted, which takes half a minute or more"],
  ],
  ["AccountBeingCreated", ["WF_STORE_UNAVAILABLE", "the account is still being created"]],
  ["Md5Mismatch", ["WF_STORE_UNAVAILABLE", "the body was damaged on the way"]],
  [
    "InvalidHeaderValue",
    [
      "WF_STORE_MISCONFIGURED",
      "the service does not take a header: Azurite needs --skipApiVersionCheck",
    ],
  ],
]);

/** Thrown inside a request by what has found out for itself what is wrong. */
export class RequestFailedError extends Error {
  readonly failure: RequestFailure;

  constructor(failure: RequestFailure, message: string) {
    super(message);
    this.failure = failure;
  }
}

/** An answer that does not come from the service. */
export class ForeignAnswer extends Error {
  constructor(lacks: string) {
    super(`the answer lacks ${lacks}, which the service always gives`);
  }
}

/** What it means that a request of this operation failed. @param nowMs ms since the Unix epoch */
export function mapFailure(
  error: unknown,
  operation: StoreOperation,
  nowMs: number,
): RequestFailure {
  const writes = isWrite(operation);
  if (error instanceof RequestFailedError) return error.failure;
  if (isForeign(error)) return foreignFailure("Azure Blob Storage", writes);
  if (isRestError(error) && isWholeAnswer(error)) {
    const failure = answerFailure(error.statusCode, serviceCode(error), operation);
    const retryAfter = error.response?.headers.get("retry-after");
    return { ...failure, retryAfterMs: retryAfterMs(retryAfter, nowMs) };
  }
  if (error instanceof Error && IDENTITY_ERRORS.has(error.name)) {
    const advice = "there are no credentials: no token could be had for the account";
    return { code: "WF_STORE_UNAUTHENTICATED", advice };
  }
  return networkFailure(error, writes);
}

/** Whether something else than the service has answered, as far as the client lets it be seen. */
function isForeign(error: unknown): boolean {
  if (error instanceof ForeignAnswer || isTrippedOver(error)) return true;
  // Another success than the one that the request has.
  return isRestError(error) && isWholeAnswer(error) && error.statusCode < 300;
}

/** Without a status there was no answer; a success that cannot be parsed was cut off. */
function isWholeAnswer(error: RestError): error is RestError & { statusCode: number } {
  const { statusCode, code } = error;
  return statusCode !== undefined && !(statusCode < 300 && code === RestError.PARSE_ERROR);
}

/**
 * What the client throws over an answer without the headers or the body that the service gives. A sender of the
 * user's own may use `fetch`, whose errors have a cause.
 */
function isTrippedOver(error: unknown): boolean {
  return (error instanceof TypeError || error instanceof RangeError) && error.cause === undefined;
}

/** The errors of `@azure/identity`. */
const IDENTITY_ERRORS: ReadonlySet<string> = new Set([
  "AggregateAuthenticationError",
  "AuthenticationError",
  "AuthenticationRequiredError",
  "CredentialUnavailableError",
]);

/** The failure that an answer of this status and error code stands for. */
function answerFailure(
  status: number,
  code: string | undefined,
  operation: StoreOperation,
): RequestFailure {
  if (operation === "create" && MEANS_EXISTS.has(code)) {
    return { code: "WF_STORE_ALREADY_EXISTS", advice: "there is an object already" };
  }
  const row = BY_CODE.get(code);
  if (row) return { code: row[0], advice: `${row[1]} (${code})` };
  if (status === 403) {
    return { code: "WF_STORE_DENIED", advice: `the credentials lack ${PERMISSION[operation]}` };
  }
  return statusFailure(status, isWrite(operation));
}

/** The service's own error code; undefined where the answer is not one of the service. */
export function serviceCode(error: unknown): string | undefined {
  return isRestError(error) ? error.response?.headers.get("x-ms-error-code") : undefined;
}
