import type { WfErrorCode } from "@wf/core";
import type { Answer, WholeAnswer } from "@wf/test-support/scripted-server";
import { BODY, CALLS, type CallName, READS } from "@wf/test-support/store-calls";
import { describe, expect, it } from "vitest";
import { listing, page, refusal, STORED, stored, text } from "../test-support/gcs-answers.ts";
import { scriptedStore } from "../test-support/scripted-store.ts";

/** A delete of many is nothing else than some deletes. */
const WRITES: readonly CallName[] = ["put", "create", "delete"];
const CALL_NAMES: readonly CallName[] = [...WRITES, ...READS];

const UNAVAILABLE = "WF_STORE_UNAVAILABLE";
const UNKNOWN = "WF_STORE_OUTCOME_UNKNOWN";
const DENIED = "WF_STORE_DENIED";
const MISCONFIGURED = "WF_STORE_MISCONFIGURED";

/** What a failing server means: it may have made a write before it failed. */
const PASSING: Readonly<Partial<Record<CallName, WfErrorCode>>> = {
  ...Object.fromEntries(WRITES.map((call) => [call, UNKNOWN])),
  ...Object.fromEntries(READS.map((call) => [call, UNAVAILABLE])),
};

/** What a success means that is none of Cloud Storage. */
const FOREIGN: Readonly<Partial<Record<CallName, WfErrorCode>>> = {
  ...PASSING,
  ...Object.fromEntries(READS.map((call) => [call, MISCONFIGURED])),
};

interface Row {
  readonly title: string;
  readonly answer: Answer;
  /** Of the calls in which the answer can come. */
  readonly means: WfErrorCode | Readonly<Partial<Record<CallName, WfErrorCode>>>;
  readonly says?: RegExp;
}

const ROWS: readonly Row[] = [
  {
    title: "a redirection",
    answer: { status: 302, headers: { location: "https://example.com" } },
    means: MISCONFIGURED,
  },
  {
    title: "a permanent redirection",
    answer: { status: 307 },
    means: MISCONFIGURED,
    says: /elsewhere/,
  },
  {
    title: "a malformed request",
    answer: refusal(400, "invalid", "Invalid bucket name"),
    means: MISCONFIGURED,
    says: /Invalid bucket name/,
  },
  {
    title: "a body that is not what was sent",
    answer: refusal(
      400,
      "invalid",
      `Provided CRC32C "AAAAAA==" doesn't match calculated CRC32C "mnG7TA==".`,
    ),
    means: { create: UNAVAILABLE, put: UNAVAILABLE },
    says: /damaged on the way/,
  },
  {
    title: "a bucket that its users pay for",
    answer: refusal(400, "userProjectMissing"),
    means: MISCONFIGURED,
    says: /quotaProjectId/,
  },
  {
    title: "no credentials",
    answer: refusal(401, "required", "Anonymous caller does not have access"),
    means: "WF_STORE_UNAUTHENTICATED",
    says: /useAuthWithCustomEndpoint.*Anonymous caller/,
  },
  { title: "a missing permission", answer: refusal(403, "forbidden"), means: DENIED },
  {
    title: "a missing permission, told in mere text",
    answer: text(403, "x does not have access."),
    means: DENIED,
    says: /: x does not have access\.$/,
  },
  {
    title: "a missing permission, told by a proxy",
    answer: page(403),
    means: DENIED,
    says: /Sign in/,
  },
  {
    title: "a missing scope",
    answer: refusal(403, "insufficientPermissions"),
    means: DENIED,
    says: /devstorage\.read_write/,
  },
  {
    title: "a disabled account",
    answer: refusal(403, "accountDisabled"),
    means: DENIED,
    says: /billing/,
  },
  {
    title: "a retention policy",
    answer: refusal(403, "retentionPolicyNotMet"),
    means: { put: DENIED, delete: DENIED },
    says: /retention policy/,
  },
  {
    title: "a hold",
    answer: refusal(403, "objectUnderActiveHold"),
    means: { put: DENIED, delete: DENIED },
    says: /hold/,
  },
  {
    title: "a missing TLS",
    answer: refusal(403, "sslRequired"),
    means: MISCONFIGURED,
    says: /https/,
  },
  {
    title: "the rate limit of a project",
    answer: refusal(403, "rateLimitExceeded"),
    means: UNAVAILABLE,
    says: /throttling/,
  },
  {
    title: "the rate limit of a user",
    answer: refusal(403, "userRateLimitExceeded"),
    means: UNAVAILABLE,
    says: /throttling/,
  },
  { title: "a quota", answer: refusal(403, "quotaExceeded"), means: UNAVAILABLE, says: /quota/ },
  {
    title: "a missing bucket",
    answer: refusal(404, "notFound", "The specified bucket does not exist."),
    means: "WF_STORE_BUCKET_NOT_FOUND",
    says: /gs:\/\/some-bucket\/.*: there is no such bucket at this endpoint: create it/,
  },
  {
    title: "a page that is not found",
    answer: page(404),
    means: "WF_STORE_BUCKET_NOT_FOUND",
    says: /Sign in/,
  },
  {
    title: "a method that is not allowed",
    answer: refusal(405, "methodNotAllowed"),
    means: MISCONFIGURED,
  },
  {
    title: "a request that took too long",
    answer: refusal(408, "uploadBrokenConnection"),
    means: PASSING,
  },
  { title: "a concurrent change", answer: refusal(409, "conflict"), means: UNAVAILABLE },
  {
    title: "a missing length",
    answer: refusal(411, "lengthRequired"),
    means: "WF_STORE_UNSUPPORTED",
  },
  {
    title: "an object that is there",
    answer: refusal(412, "conditionNotMet"),
    means: {
      create: "WF_STORE_ALREADY_EXISTS",
      put: MISCONFIGURED,
      get: MISCONFIGURED,
      delete: MISCONFIGURED,
      list: MISCONFIGURED,
    },
  },
  {
    title: "a policy of the organization",
    answer: refusal(412, "orgPolicyConstraintFailed"),
    means: DENIED,
    says: /organization/,
  },
  {
    title: "a body that is too large",
    answer: refusal(413, "uploadTooLarge"),
    means: { create: "WF_STORE_OBJECT_TOO_LARGE", put: "WF_STORE_OBJECT_TOO_LARGE" },
  },
  {
    title: "a range that nobody asked for",
    answer: refusal(416, "requestedRangeNotSatisfiable"),
    means: { get: MISCONFIGURED },
  },
  {
    title: "throttling",
    answer: refusal(429, "rateLimitExceeded"),
    means: UNAVAILABLE,
    says: /one change of an object a second/,
  },
  { title: "a failure of the server", answer: refusal(500, "internalError"), means: PASSING },
  {
    title: "a failure that is not implemented",
    answer: refusal(501, "notImplemented"),
    means: "WF_STORE_UNSUPPORTED",
  },
  { title: "a bad gateway", answer: page(502), means: PASSING, says: /Sign in/ },
  { title: "a busy server", answer: refusal(503, "backendError"), means: PASSING },
  { title: "a gateway's timeout", answer: refusal(504, "gatewayTimeout"), means: PASSING },
  {
    title: "a status unheard of",
    answer: { status: 599 },
    means: PASSING,
    says: /the answer has no text/,
  },
  {
    title: "success told by a proxy",
    answer: page(200),
    means: FOREIGN,
    says: /something else than Cloud Storage answers.*text\/html.*Sign in/,
  },
  { title: "a connection that is dropped", answer: "drop", means: PASSING },
  {
    title: "an answer that breaks off",
    answer: { ...stored(BODY), bodyEnds: { after: 3, by: "cut" } },
    means: PASSING,
  },
  {
    title: "an error that breaks off",
    answer: { ...refusal(503, "backendError"), bodyEnds: { after: 3, by: "cut" } },
    means: PASSING,
  },
];

describe.each(ROWS)("$title", ({ answer, means, says = /./ }) => {
  const expected =
    typeof means === "string" ? Object.fromEntries(CALL_NAMES.map((call) => [call, means])) : means;
  it.each(Object.entries(expected) as [CallName, WfErrorCode][])(
    "of a %s is %s",
    async (call, code) => {
      const isPassing = code === UNAVAILABLE || code === UNKNOWN;
      const { store, server } = await scriptedStore([answer, answer, answer, answer], {
        maxAttempts: 2,
      });
      const failed = CALLS[call](store);
      await expect(failed).rejects.toMatchObject({ code, message: expect.stringMatching(says) });
      // A missing object is told from a missing bucket by one more request.
      const probes = code === "WF_STORE_BUCKET_NOT_FOUND" && /get|delete/.test(call) ? 1 : 0;
      expect(server.requests).toHaveLength((isPassing ? 2 : 1) + probes);
      const error = await failed.then(
        () => expect.unreachable(),
        (error) => error,
      );
      expect(error.key).toBe(call === "list" ? undefined : "a/b");
      expect(error.message).toMatch(/^(put|get|delete|list) gs:\/\/some-bucket\/a\//);
    },
  );
});

it.each([
  ["create", /lack storage\.objects\.create \(HTTP 403\)/],
  ["put", /lack storage\.objects\.create and storage\.objects\.delete \(/],
  ["get", /lack storage\.objects\.get, and for missing keys storage\.objects\.list \(/],
  ["delete", /lack storage\.objects\.delete \(/],
  ["list", /lack storage\.objects\.list \(/],
] as const)("the permission that a %s lacks is named", async (call, message) => {
  const { store } = await scriptedStore([refusal(403, "forbidden")]);
  await expect(CALLS[call](store)).rejects.toThrow(message);
});

it.each([
  ["no JSON", { status: 200, body: "done" }],
  ["JSON of another kind", { status: 200, body: `{"status":"ok"}` }],
  ["JSON that is no object", { status: 200, body: "null" }],
  ["nothing", { status: 200 }],
] satisfies [string, WholeAnswer][])(
  "success with %s is not taken for Cloud Storage's",
  async (_, answer) => {
    for (const call of ["create", "get", "ranged get", "list"] as const) {
      const { store } = await scriptedStore([answer], { maxAttempts: 1 });
      await expect(CALLS[call](store)).rejects.toMatchObject({ code: FOREIGN[call] });
    }
  },
);

it("where nothing listens every call is WF_STORE_UNAVAILABLE, for nothing was sent", async () => {
  const apiEndpoint = "http://127.0.0.1:1";
  for (const call of CALL_NAMES) {
    const { store } = await scriptedStore([], { apiEndpoint, maxAttempts: 1 });
    await expect(CALLS[call](store)).rejects.toMatchObject({
      code: UNAVAILABLE,
      message: expect.stringContaining("nothing listens at the endpoint (ECONNREFUSED)"),
    });
  }
});

it("a server without TLS where https was asked for leaves open whether a write happened", async () => {
  const { server } = await scriptedStore([]);
  const apiEndpoint = server.url.replace("http:", "https:");
  for (const call of CALL_NAMES) {
    const { store } = await scriptedStore([], { apiEndpoint, maxAttempts: 1 });
    await expect(CALLS[call](store)).rejects.toMatchObject({ code: PASSING[call] });
  }
});

it("a failure keeps neither the request nor the credentials", async () => {
  const { store } = await scriptedStore([refusal(403, "forbidden")]);
  const { cause } = await CALLS.create(store).then(
    () => expect.unreachable(),
    (error) => error,
  );
  expect({ ...cause }).toEqual({
    operation: "create",
    status: 403,
    reason: "forbidden",
    retryAfter: null,
  });
});

it("a passing failure is over with the first success", async () => {
  const { store, server } = await scriptedStore([
    refusal(429, "rateLimitExceeded"),
    "drop",
    STORED,
    page(502),
    listing(["a/b"]),
  ]);
  await CALLS.create(store);
  expect(await CALLS.list(store)).toHaveLength(1);
  expect(server.requests).toHaveLength(5);
});
