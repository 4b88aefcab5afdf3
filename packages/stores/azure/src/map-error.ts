import { isRestError, RestError } from "@azure/storage-blob";
import type { WfErrorCode } from "@wf/core";
import { networkFailure, type RequestFailure, retryAfterMs, statusFailure } from "@wf/core/adapter";

export type Operation = "put" | "create" | "get" | "list" | "delete";

/** What a caller must have been granted: by role assignment, or by a SAS. */
const PERMISSION: Readonly<Record<Operation, string>> = {
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
      "the key or SAS is wrong or has expired, or the clock of this machine is off",
    ],
  ],
  [
    "InvalidAuthenticationInfo",
    [
      "WF_STORE_UNAUTHENTICATED",
      "the token is not for this account: check its tenant and audience",
    ],
  ],
  [
    "PublicAccessNotPermitted",
    ["WF_STORE_UNAUTHENTICATED", "the account takes no anonymous requests: give a credential"],
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
    ["WF_STORE_BUCKET_NOT_FOUND", "there is no such container in the account: create it"],
  ],
  [
    "ResourceNotFound",
    [
      "WF_STORE_BUCKET_NOT_FOUND",
      "there is no such container, or it is not shown to these credentials",
    ],
  ],
  [
    "ContainerBeingDeleted",
    ["WF_STORE_UNAVAILABLE", "the container is being deleted, which takes half a minute or more"],
  ],
  ["AccountBeingCreated", ["WF_STORE_UNAVAILABLE", "the account is still being created"]],
  ["Md5Mismatch", ["WF_STORE_UNAVAILABLE", "the body was damaged on its way"]],
  [
    "InvalidHeaderValue",
    [
      "WF_STORE_MISCONFIGURED",
      "the service does not take a header: Azurite needs --skipApiVersionCheck",
    ],
  ],
]);

const FOREIGN: RequestFailure = {
  code: "WF_STORE_MISCONFIGURED",
  advice: "something else than Azure Blob Storage gave the answer: check the url and the proxies",
};

/** Thrown inside a request by what has found out for itself what is wrong. */
export class RequestFailedError extends Error {
  readonly failure: RequestFailure;

  constructor(failure: RequestFailure, message: string) {
    super(message);
    this.failure = failure;
  }
}

/** An answer that does not come from the service. */
export function foreignAnswer(): RequestFailedError {
  return new RequestFailedError(FOREIGN, "the answer has no x-ms-request-id");
}

/** What it means that a request failed with `error`. `nowMs` is for dates in `Retry-After`. */
export function failureOf(error: unknown, operation: Operation, nowMs: number): RequestFailure {
  if (error instanceof RequestFailedError) return error.failure;
  if (isRestError(error) && isWholeAnswer(error)) {
    const failure = answerFailure(error.statusCode, serviceCode(error), operation);
    const retryAfter = error.response?.headers.get("retry-after");
    return { ...failure, retryAfterMs: retryAfterMs(retryAfter, nowMs) };
  }
  if (error instanceof Error && IDENTITY_ERRORS.has(error.name)) {
    return { code: "WF_STORE_UNAUTHENTICATED", advice: "no token could be had for the account" };
  }
  if (!isWrite(operation) && isTrippedOver(error)) return FOREIGN;
  return networkFailure(error, isWrite(operation));
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
  operation: Operation,
): RequestFailure {
  if (operation === "create" && MEANS_EXISTS.has(code)) {
    return { code: "WF_STORE_ALREADY_EXISTS", advice: "there is an object already" };
  }
  const row = BY_CODE.get(code);
  if (row) return { code: row[0], advice: `${row[1]} (${code})` };
  const failure = statusFailure(status, isWrite(operation));
  const needs = failure.code === "WF_STORE_DENIED" ? `, it takes ${PERMISSION[operation]}` : "";
  return { ...failure, advice: failure.advice + needs };
}

/** The service's own error code; undefined where the answer is not one of the service. */
export function serviceCode(error: unknown): string | undefined {
  return isRestError(error) ? error.response?.headers.get("x-ms-error-code") : undefined;
}

export function isWrite(operation: Operation): boolean {
  return operation !== "get" && operation !== "list";
}
