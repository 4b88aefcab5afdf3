import type { WfErrorCode } from "@wf/core";
import { networkFailure, type RequestFailure, retryAfterMs, statusFailure } from "@wf/core/adapter";
import {
  DamagedObjectError,
  ForeignAnswerError,
  NotSentError,
  type Operation,
  RefusedError,
} from "./request-errors.ts";

type Row = readonly [code: WfErrorCode, advice: string];

/** What each operation needs (https://cloud.google.com/storage/docs/access-control/iam-permissions). */
const PERMISSION: Readonly<Record<Operation, string>> = {
  create: "storage.objects.create",
  replace: "storage.objects.create and storage.objects.delete",
  get: "storage.objects.get, and for missing keys storage.objects.list",
  delete: "storage.objects.delete",
  list: "storage.objects.list",
};

const NO_CREDENTIALS =
  "there are no usable credentials: attach a service account, set GOOGLE_APPLICATION_CREDENTIALS, run " +
  "`gcloud auth application-default login`, or give credentials; for an emulator give apiEndpoint";
const REFUSED = "Cloud Storage does not accept the credentials: renew or replace them";
const NOT_AUTHENTICATED =
  "a custom apiEndpoint gets no credentials: set useAuthWithCustomEndpoint if it needs them";
const THROTTLED = "Cloud Storage is throttling";
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

export interface FailedRequest {
  readonly writes: boolean;
  readonly bucket: string;
  readonly endpoint: string;
  /** Whether requests carry credentials. */
  readonly isAuthenticated: boolean;
  /** The time, in ms since the Unix epoch. */
  readonly nowMs: number;
}

/** What it means that a request failed with `error`. */
export function requestFailure(error: unknown, request: FailedRequest): RequestFailure {
  if (error instanceof RefusedError) {
    const retryAfter = retryAfterMs(error.retryAfter, request.nowMs);
    return { ...refusal(error, request), retryAfterMs: retryAfter };
  }
  if (error instanceof NotSentError) {
    return error.isPassing
      ? { code: "WF_STORE_UNAVAILABLE", advice: "no access token could be got" }
      : { code: "WF_STORE_UNAUTHENTICATED", advice: NO_CREDENTIALS };
  }
  if (error instanceof ForeignAnswerError) {
    return {
      code: "WF_STORE_MISCONFIGURED",
      advice: `what answers at ${request.endpoint} is not Cloud Storage: check apiEndpoint and proxies`,
    };
  }
  if (error instanceof DamagedObjectError) {
    return { code: "WF_STORE_UNAVAILABLE", advice: "the object was damaged on the way" };
  }
  return networkFailure(error, request.writes);
}

function refusal(error: RefusedError, request: FailedRequest): RequestFailure {
  const row = BY_REASON[`${error.status} ${error.reason}`] ?? rowOf(error, request);
  if (row === undefined) return statusFailure(error.status, request.writes);
  return { code: row[0], advice: `${row[1]} (HTTP ${error.status})` };
}

/** What a status means here, where it means something else than everywhere. */
function rowOf(error: RefusedError, request: FailedRequest): Row | undefined {
  const { status, operation, message } = error;
  const { bucket, endpoint } = request;
  // The server compared the body with the checksum that came along, and stored nothing.
  if (status === 400 && /doesn't match calculated/i.test(message)) {
    return ["WF_STORE_UNAVAILABLE", "the body was damaged on the way"];
  }
  if (status === 412 && operation === "create") {
    return ["WF_STORE_ALREADY_EXISTS", "there is an object already"];
  }
  switch (status) {
    case 401:
      return ["WF_STORE_UNAUTHENTICATED", request.isAuthenticated ? REFUSED : NOT_AUTHENTICATED];
    case 403:
      return [
        "WF_STORE_DENIED",
        `the credentials lack ${PERMISSION[operation]} on bucket ${bucket}`,
      ];
    case 404:
      return ["WF_STORE_BUCKET_NOT_FOUND", `there is no bucket ${bucket} at ${endpoint}`];
    case 409:
      return ["WF_STORE_UNAVAILABLE", "another change of the object was under way"];
    case 429:
      return ["WF_STORE_UNAVAILABLE", `${THROTTLED}: it takes one change of an object a second`];
    default:
      return undefined;
  }
}
