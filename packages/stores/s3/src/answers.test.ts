import { StoreError, type WfErrorCode } from "@wf/core";
import type { Answer } from "@wf/test-support/scripted-server";
import { CALL_NAMES, CALLS, type CallName, READS, WRITES } from "@wf/test-support/store-calls";
import { describe, expect, it } from "vitest";
import { failed, html, object, page, STORED, xhtml } from "../test-support/s3-answers.ts";
import { scriptedStore, storeAt } from "../test-support/test-store.ts";
import type { S3ObjectStoreOptions } from "./index.ts";

/** A store that refuses to delete many is asked to delete one: see object-remover.test.ts. */
const ALL_BUT_MANY = CALL_NAMES.filter((call) => call !== "delete of many");

interface Row {
  readonly answer: Answer;
  readonly calls: readonly CallName[];
  readonly code: WfErrorCode;
  /** What the message has to say. */
  readonly says: RegExp;
}

const UNAVAILABLE = "WF_STORE_UNAVAILABLE";
const UNKNOWN = "WF_STORE_OUTCOME_UNKNOWN";
const DENIED = "WF_STORE_DENIED";
const UNAUTHENTICATED = "WF_STORE_UNAUTHENTICATED";
const MISCONFIGURED = "WF_STORE_MISCONFIGURED";
const NO_BUCKET = "WF_STORE_BUCKET_NOT_FOUND";
const UNSUPPORTED = "WF_STORE_UNSUPPORTED";
const TOO_LARGE = "WF_STORE_OBJECT_TOO_LARGE";

/** The same of writes and reads. */
function always(
  answer: Answer,
  code: WfErrorCode,
  says: RegExp,
  calls = CALL_NAMES,
): readonly Row[] {
  return [{ answer, calls, code, says }];
}

/** A failure in which a write may have been applied. */
function passing(answer: Answer, says: RegExp): readonly Row[] {
  return [
    { answer, calls: WRITES, code: UNKNOWN, says },
    { answer, calls: READS, code: UNAVAILABLE, says },
  ];
}

function cut(answer: ReturnType<typeof object>): Answer {
  return { ...answer, bodyEnds: { after: 10, by: "cut" } };
}

const ROWS: readonly Row[] = [
  // What is there, and what is not
  ...always(failed(412, "PreconditionFailed"), "WF_STORE_ALREADY_EXISTS", /an object already/, [
    "create",
  ]),
  ...always(failed(412, "PreconditionFailed"), MISCONFIGURED, /HTTP 412/, [
    ...["put", "get", "list", "delete", "delete of many"],
  ] as CallName[]),
  ...always(failed(404, "NoSuchBucket"), NO_BUCKET, /no such bucket/),
  ...always({ status: 404 }, NO_BUCKET, /no such bucket/),
  ...always(html(404), NO_BUCKET, /no such bucket/),
  ...always(failed(404, "NoSuchVersion"), NO_BUCKET, /no such bucket/, ["get", "delete"]),
  // Conflicts that pass
  ...always(failed(409, "ConditionalRequestConflict"), UNAVAILABLE, /another request/),
  ...always(failed(409, "OperationAborted"), UNAVAILABLE, /another request/),
  // Permissions
  ...always(failed(403, "AccessDenied"), DENIED, /s3:PutObject/, ["put", "create"]),
  ...always(failed(403, "AccessDenied"), DENIED, /s3:GetObject.*s3:ListBucket.*missing/, [
    "get",
    "ranged get",
  ]),
  ...always(failed(403, "AccessDenied"), DENIED, /s3:ListBucket/, ["list"]),
  ...always(failed(403, "AccessDenied"), DENIED, /s3:DeleteObject/, ["delete", "delete of many"]),
  ...always({ status: 403 }, DENIED, /s3:/),
  ...always(html(403), DENIED, /s3:/),
  ...always(failed(400, "KMS.DisabledException"), DENIED, /KMS key is disabled/),
  ...always(failed(400, "KMS.KMSInvalidStateException"), DENIED, /KMS key cannot be used/),
  ...always(failed(400, "KMS.NotFoundException"), DENIED, /KMS key is gone/),
  ...always(failed(400, "KMS.ThrottlingException"), UNAVAILABLE, /KMS is throttling/),
  // Credentials
  ...always(failed(403, "InvalidAccessKeyId"), UNAUTHENTICATED, /credentials/),
  ...always(failed(403, "SignatureDoesNotMatch"), UNAUTHENTICATED, /credentials/),
  ...always(failed(400, "ExpiredToken"), UNAUTHENTICATED, /expired/),
  ...always(failed(400, "InvalidToken"), UNAUTHENTICATED, /credentials/),
  ...always(failed(400, "TokenRefreshRequired"), UNAUTHENTICATED, /credentials/),
  ...always({ status: 401 }, UNAUTHENTICATED, /credentials/),
  ...always(failed(403, "RequestTimeTooSkewed"), UNAVAILABLE, /clock/),
  // The wrong place
  ...always(failed(301, "PermanentRedirect"), MISCONFIGURED, /region/),
  ...always(failed(307, "TemporaryRedirect"), UNAVAILABLE, /new/),
  ...always({ status: 307 }, MISCONFIGURED, /region/),
  ...always(failed(400, "AuthorizationHeaderMalformed"), MISCONFIGURED, /region/),
  ...always(failed(400, "IllegalLocationConstraintException"), MISCONFIGURED, /region/),
  ...always(failed(400, "InvalidBucketName"), MISCONFIGURED, /name of a bucket/),
  ...always(failed(400, "InvalidArgument"), MISCONFIGURED, /HTTP 400/, ALL_BUT_MANY),
  ...always(failed(405, "MethodNotAllowed"), MISCONFIGURED, /endpoint/, ALL_BUT_MANY),
  ...[html(200), xhtml(200)].flatMap((answer) => [
    ...always(answer, UNKNOWN, /something else than S3/, WRITES),
    ...always(answer, MISCONFIGURED, /something else than S3/, READS),
  ]),
  ...always(html(418), MISCONFIGURED, /HTTP 418/),
  // What the store has not got
  ...always(failed(501, "NotImplemented"), UNSUPPORTED, /create-if-absent/, ["create"]),
  ...always(failed(501, "NotImplemented"), UNSUPPORTED, /HTTP 501/, ["put", "get", "delete"]),
  ...always({ status: 411 }, UNSUPPORTED, /HTTP 411/),
  // Sizes, quotas, archives
  ...always(failed(400, "EntityTooLarge"), TOO_LARGE, /larger/, ["put", "create"]),
  ...always({ status: 413 }, TOO_LARGE, /larger/, ["put", "create"]),
  ...always(failed(403, "QuotaExceeded"), UNAVAILABLE, /quota/, ["put", "create"]),
  ...always(failed(400, "XMinioAdminBucketQuotaExceeded"), UNAVAILABLE, /quota/, ["put", "create"]),
  ...always(failed(507, "XMinioStorageFull"), UNAVAILABLE, /full/, ["put", "create"]),
  ...always(failed(403, "InvalidObjectState"), MISCONFIGURED, /archive/, ["get", "ranged get"]),
  // What passes: nothing was stored
  ...always(failed(400, "BadDigest"), UNAVAILABLE, /damaged/, ["put", "create"]),
  ...always(failed(400, "IncompleteBody"), UNAVAILABLE, /damaged/, ["put", "create"]),
  ...always(failed(400, "XAmzContentSHA256Mismatch"), UNAVAILABLE, /damaged/, ["put", "create"]),
  ...always({ status: 429 }, UNAVAILABLE, /throttling/),
  // What passes: a write may have been applied
  ...passing(failed(400, "RequestTimeout"), /gave up waiting/),
  ...passing(failed(500, "InternalError"), /failed/),
  ...passing(failed(503, "SlowDown"), /throttling/),
  ...passing(failed(503, "ServiceUnavailable"), /busy/),
  ...passing(html(502), /failed/),
  ...passing(html(503), /busy/),
  ...passing({ status: 504 }, /failed/),
  ...passing(failed(599, "constructor"), /failed/),
  ...passing("drop", /connection/),
  ...always(failed(200, "InternalError"), UNKNOWN, /busy/, WRITES),
  ...always(failed(200, "InternalError"), UNAVAILABLE, /busy/, ["list"]),
  // Answers that break off
  ...always(cut({ ...STORED, body: "x".repeat(50) }), UNKNOWN, /connection/, WRITES),
  ...always(cut(object("x".repeat(50))), UNAVAILABLE, /connection/, ["get", "ranged get"]),
  ...always(cut(page({ keys: ["a/b"] })), UNAVAILABLE, /connection/, ["list"]),
];

const TABLE = ROWS.flatMap(({ answer, calls, code, says }) =>
  calls.map((call) => ({ call, shown: shownAs(answer), code, answer, says })),
);

describe("one try", () => {
  it.each(TABLE)("of $call that meets $shown is $code", async ({ call, answer, code, says }) => {
    const { server, store } = await scriptedStore({ maxAttempts: 1, prefix: "my-app" });
    server.otherwise = answer;
    const error = await CALLS[call](store).then(
      () => "it resolved",
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(StoreError);
    expect(error).toMatchObject({
      code,
      cause: expect.anything(),
      message: expect.stringMatching(says),
    });
    expect((error as Error).message).toMatch(
      /^(put|get|list|delete) s3:\/\/wf-test-bucket\/my-app\/a\//,
    );
    if (call !== "delete of many") expect(server.requests).toHaveLength(1);
  });

  it.each(CALL_NAMES)("of %s where nothing listens is WF_STORE_UNAVAILABLE", async (call) => {
    const store = storeAt("http://127.0.0.1:1", { maxAttempts: 1 });
    await expect(CALLS[call](store)).rejects.toMatchObject({
      code: UNAVAILABLE,
      message: expect.stringMatching(/nothing listens/),
    });
  });
});

describe("what the SDK cannot send", () => {
  const failing = (name: string, message: string) => async () => {
    throw Object.assign(new Error(message), { name });
  };
  const rows: readonly [string, Partial<S3ObjectStoreOptions>, WfErrorCode, RegExp][] = [
    [
      "credentials that are not found",
      { credentials: failing("CredentialsProviderError", "none") },
      UNAUTHENTICATED,
      /no credentials/,
    ],
    [
      "a token that is not found",
      { credentials: failing("TokenProviderError", "none") },
      UNAUTHENTICATED,
      /no token/,
    ],
    [
      "a region that is missing",
      { region: failing("Error", "Region is missing") },
      MISCONFIGURED,
      /check the region/,
    ],
    ["a region that is none", { region: "not a region" }, MISCONFIGURED, /check the region/],
    [
      "an endpoint that is none",
      { endpoint: async () => new URL("not a URL") as never },
      MISCONFIGURED,
      /check the region and the endpoint/,
    ],
    [
      "a bucket that does not go with the endpoint",
      { bucket: "arn:aws:s3:bogus", forcePathStyle: false },
      MISCONFIGURED,
      /do not go together/,
    ],
  ];
  for (const [title, options, code, says] of rows) {
    it.each(CALL_NAMES)(`is told of: ${title}, in a %s`, async (call) => {
      const { server, store } = await scriptedStore({ maxAttempts: 1, ...options });
      await expect(CALLS[call](store)).rejects.toMatchObject({
        code,
        message: expect.stringMatching(says),
      });
      expect(server.requests).toEqual([]);
    });
  }
});

function shownAs(answer: Answer): string {
  if (typeof answer === "string") return `a connection that ends (${answer})`;
  const { status, body = "", bodyEnds } = answer;
  const code = /<Code>(.*)<\/Code>/.exec(String(body))?.[1];
  const kind = String(body).startsWith("<html>") ? "a proxy's page" : code;
  const end = bodyEnds === undefined ? undefined : "a body that breaks off";
  return [status, kind, end].filter((part) => part !== undefined).join(" ");
}
