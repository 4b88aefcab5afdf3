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
import {
  DamagedObjectError,
  ForeignAnswerError,
  NotSentError,
  RefusedError,
} from "./request-errors.ts";

type Row = readonly [code: WfErrorCode, advice: string];

/** What each operation needs (https://cloud.google.com/storage/docs/access-control/iam-permissions). */
const PERMISSION: Readonly<Record<StoreOperation, string>> = {
  create: "storage.objects.create",
  put: "storage.objects.create and storage.objects.delete",
  get: "storage.objects.get, and for missing keys storage.objects.list",
  delete: "storage.objects.delete",
  list: "storage.objects.list",
};

const NO_CREDENTIALS =
  "there are no credentials: attach a service account, set GOOGLE_APPLICATION_CREDENTIALS, run " +
  "`gcloud auth application-default login`, or give credentials; for an emulator give apiEndpoint";
const REFUSED = "the store does not accept these credentials, or they have expired";
const NOT_AUTHENTICATED =
  "there are no credentials: a custom apiEndpoint gets them where useAuthWithCustomEndpoint is set";
const THROTTLED = "the store is throttling";
const DAMAGED = "the body was damaged on the way";
const REQUESTER_PAYS =
  "the bucket is one that its users pay for: name a project in clientOptions.quotaProjectId or " +
  "GOOGLE_CLOUD_QUOTA_PROJECT";
const RETENTION =
  "a retention policy or a hold keeps the object from being replaced or deleted: use a bucket without";

/**
 * What the reason beside a status means, where it means something else than the status alone
 * (https://cloud.google.com/storage/docs/json_api/v1/status-codes).
 */
const BY_REASON: Readonly<Record<string, Row>> = {
  "400 userProjectMissing": ["WF_STORE_MISCONFIGURED", REQUESTER_PAYS],
  "403 rateLimitExceeded": ["WF_STORE_UNAVAILABLE", THROTTLED],
  "403 userRateLimitExceeded": ["WF_STORE_UNAVAILABLE", THROTTLED],
  "403 quotaExceeded": [
    "WF_STORE_UNAVAILABLE",
    "a quota of the project is used up: wait or raise it",
  ],
  "403 accountDisabled": ["WF_STORE_DENIED", "the project or its billing is disabled"],
  "403 insufficientPermissions": [
    "WF_STORE_DENIED",
    "the access token lacks a scope: the machine or client needs devstorage.read_write or cloud-platform",
  ],
  "403 retentionPolicyNotMet": ["WF_STORE_DENIED", RETENTION],
  "403 objectUnderActiveHold": ["WF_STORE_DENIED", RETENTION],
  "403 sslRequired": ["WF_STORE_MISCONFIGURED", "apiEndpoint has to be an https URL"],
  "412 orgPolicyConstraintFailed": ["WF_STORE_DENIED", "a policy of the organization forbids it"],
};

/**
 * What it means that a request failed with `error`.
 *
 * @param isAuthenticated whether requests carry credentials
 * @param nowMs ms since the Unix epoch
 */
export function mapFailure(
  error: unknown,
  operation: StoreOperation,
  isAuthenticated: boolean,
  nowMs: number,
): RequestFailure {
  const writes = isWrite(operation);
  if (error instanceof RefusedError) {
    const [code, advice] = meaning(error, isAuthenticated) ?? [];
    const failure =
      code === undefined
        ? statusFailure(error.status, writes)
        : { code, advice: `${advice} (HTTP ${error.status})` };
    return { ...failure, retryAfterMs: retryAfterMs(error.retryAfter, nowMs) };
  }
  if (error instanceof NotSentError) {
    return error.isPassing
      ? { code: "WF_STORE_UNAVAILABLE", advice: "no access token could be got" }
      : { code: "WF_STORE_UNAUTHENTICATED", advice: NO_CREDENTIALS };
  }
  if (error instanceof ForeignAnswerError) return foreignFailure("Cloud Storage", writes);
  if (error instanceof DamagedObjectError) return { code: "WF_STORE_UNAVAILABLE", advice: DAMAGED };
  return networkFailure(error, writes);
}

/** What a refusal means, where it means something else than its status everywhere. */
function meaning(
  { operation, status, reason, message }: RefusedError,
  isAuthenticated: boolean,
): Row | undefined {
  const row = BY_REASON[`${status} ${reason}`];
  if (row !== undefined) return row;
  // The server compared the body with the checksum that came along, and stored nothing.
  if (status === 400 && /doesn't match calculated/i.test(message)) {
    return ["WF_STORE_UNAVAILABLE", DAMAGED];
  }
  if (status === 412 && operation === "create") {
    return ["WF_STORE_ALREADY_EXISTS", "there is an object already"];
  }
  switch (status) {
    case 401:
      return ["WF_STORE_UNAUTHENTICATED", isAuthenticated ? REFUSED : NOT_AUTHENTICATED];
    case 403:
      return ["WF_STORE_DENIED", `the credentials lack ${PERMISSION[operation]}`];
    case 409:
      return ["WF_STORE_UNAVAILABLE", "another request for the same object is under way"];
    case 429:
      return ["WF_STORE_UNAVAILABLE", `${THROTTLED}: it takes one change of an object a second`];
    default:
      return undefined;
  }
}
