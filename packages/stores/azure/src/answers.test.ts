import { createObject, isPermanent, type StoreError, type WfErrorCode } from "@wf/core";
import { CALL_NAMES, CALLS, type CallName, READS } from "@wf/test-support/store-calls";
import { describe, expect, it } from "vitest";
import { type Answer, OF_SERVICE } from "../test-support/scripted-service.ts";
import { scriptedStore } from "../test-support/scripted-store.ts";

const UNAVAILABLE = "WF_STORE_UNAVAILABLE";
const UNKNOWN = "WF_STORE_OUTCOME_UNKNOWN";
const DENIED = "WF_STORE_DENIED";
const UNAUTHENTICATED = "WF_STORE_UNAUTHENTICATED";
const NOT_FOUND = "WF_STORE_BUCKET_NOT_FOUND";
const MISCONFIGURED = "WF_STORE_MISCONFIGURED";
const EXISTS = "WF_STORE_ALREADY_EXISTS";
const UNSUPPORTED = "WF_STORE_UNSUPPORTED";

const BODY = Uint8Array.of(1, 2, 3);

/** What a failing service means: nothing for a read, doubt for a write. */
const PASSING = { read: UNAVAILABLE, write: UNKNOWN } as const;

type Meaning =
  | WfErrorCode
  | { readonly read: WfErrorCode; readonly write: WfErrorCode; readonly create?: WfErrorCode };
type Row = readonly [status: number, code: string | undefined, meaning: Meaning];

const BY_ERROR_CODE: readonly Row[] = [
  [403, "AuthenticationFailed", UNAUTHENTICATED],
  [400, "InvalidAuthenticationInfo", UNAUTHENTICATED],
  [401, "NoAuthenticationInformation", UNAUTHENTICATED],
  [409, "PublicAccessNotPermitted", UNAUTHENTICATED],
  [403, "KeyBasedAuthenticationNotPermitted", DENIED],
  [403, "AccountIsDisabled", DENIED],
  [403, "InsufficientAccountPermissions", DENIED],
  [403, "AuthorizationFailure", DENIED],
  [403, "AuthorizationPermissionMismatch", DENIED],
  [403, "AuthorizationProtocolMismatch", DENIED],
  [403, "AuthorizationResourceTypeMismatch", DENIED],
  [403, "AuthorizationServiceMismatch", DENIED],
  [403, "AuthorizationSourceIPMismatch", DENIED],
  [409, "ContainerDisabled", DENIED],
  [404, "ContainerNotFound", NOT_FOUND],
  [404, "ResourceNotFound", NOT_FOUND],
  [409, "ContainerBeingDeleted", UNAVAILABLE],
  [409, "AccountBeingCreated", UNAVAILABLE],
  [400, "InvalidHeaderValue", MISCONFIGURED],
  [400, "InvalidUri", MISCONFIGURED],
  [400, "InvalidResourceName", MISCONFIGURED],
  [400, "OutOfRangeInput", MISCONFIGURED],
  [400, "Md5Mismatch", UNAVAILABLE],
  [409, "BlobArchived", MISCONFIGURED],
  [409, "BlobBeingRehydrated", MISCONFIGURED],
  [409, "ResourceTypeMismatch", UNSUPPORTED],
  [409, "SnapshotsPresent", DENIED],
  [409, "BlobImmutableDueToPolicy", { read: DENIED, write: DENIED, create: EXISTS }],
  [409, "BlobImmutableDueToLegalHold", { read: DENIED, write: DENIED, create: EXISTS }],
  [412, "LeaseIdMissing", { read: DENIED, write: DENIED, create: EXISTS }],
  [409, "InvalidBlobType", { read: MISCONFIGURED, write: MISCONFIGURED, create: EXISTS }],
  [409, "BlobAlreadyExists", { read: MISCONFIGURED, write: MISCONFIGURED, create: EXISTS }],
  [412, "ConditionNotMet", { read: MISCONFIGURED, write: MISCONFIGURED, create: EXISTS }],
  [403, "UnauthorizedBlobOverwrite", { read: DENIED, write: DENIED, create: EXISTS }],
  [413, "RequestBodyTooLarge", "WF_STORE_OBJECT_TOO_LARGE"],
  [429, "TooManyRequests", UNAVAILABLE],
  [500, "InternalError", PASSING],
  [500, "OperationTimedOut", PASSING],
  [503, "ServerBusy", PASSING],
];

const BY_STATUS: readonly Row[] = [
  [301, undefined, MISCONFIGURED],
  [307, undefined, MISCONFIGURED],
  [400, undefined, MISCONFIGURED],
  [401, undefined, UNAUTHENTICATED],
  [403, undefined, DENIED],
  [404, undefined, NOT_FOUND],
  [405, undefined, MISCONFIGURED],
  [407, undefined, MISCONFIGURED],
  [408, undefined, PASSING],
  [409, undefined, MISCONFIGURED],
  [411, undefined, UNSUPPORTED],
  [412, undefined, MISCONFIGURED],
  [413, undefined, "WF_STORE_OBJECT_TOO_LARGE"],
  [416, undefined, MISCONFIGURED],
  [429, undefined, UNAVAILABLE],
  [500, undefined, PASSING],
  [501, undefined, UNSUPPORTED],
  [502, undefined, PASSING],
  [503, undefined, PASSING],
  [504, undefined, PASSING],
];

function expected(meaning: Meaning, name: CallName): WfErrorCode {
  if (typeof meaning === "string") return meaning;
  if (READS.includes(name)) return meaning.read;
  return name === "create" ? (meaning.create ?? meaning.write) : meaning.write;
}

/** What each call throws when every request is answered so. */
async function codesAfter(answer: Answer): Promise<Record<string, WfErrorCode | "resolved">> {
  const { service, store } = await scriptedStore();
  service.script = () => answer;
  const codes: Record<string, WfErrorCode | "resolved"> = {};
  for (const name of CALL_NAMES) {
    codes[name] = await CALLS[name](store).then(
      () => "resolved" as const,
      (error: StoreError) => error.code,
    );
  }
  return codes;
}

function expectedOfAll(meaning: Meaning): Record<string, WfErrorCode> {
  return Object.fromEntries(CALL_NAMES.map((name) => [name, expected(meaning, name)]));
}

describe("an answer of the service", () => {
  it.each(BY_ERROR_CODE)("%i %s is told by each method as what it means", async (...row) => {
    const [status, code, meaning] = row;
    expect(await codesAfter({ status, code: code as string })).toEqual(expectedOfAll(meaning));
  });

  it("that there is no such blob is undefined to a get and nothing to a delete", async () => {
    const { service, store } = await scriptedStore();
    service.script = () => ({ status: 404, code: "BlobNotFound" });
    expect(await CALLS.get(store)).toBeUndefined();
    expect(await CALLS["ranged get"](store)).toBeUndefined();
    await CALLS.delete(store);
  });

  it("that a range is past the end is an empty body", async () => {
    const { service, store } = await scriptedStore();
    service.script = () => ({ status: 416, code: "InvalidRange" });
    expect(await CALLS["ranged get"](store)).toEqual(new Uint8Array());
  });

  it.each([
    ["put", /"Storage Blob Data Contributor", or a SAS with "w"/],
    ["create", /"Storage Blob Data Contributor", or a SAS with "c" or "w"/],
    ["get", /"Storage Blob Data Reader", or a SAS with "r"/],
    ["list", /"Storage Blob Data Reader", or a SAS with "l"/],
    ["delete", /"Storage Blob Data Contributor", or a SAS with "d"/],
  ] as const)("that a permission is missing names the one that %s takes", async (name, text) => {
    const { service, store } = await scriptedStore();
    service.script = () => ({ status: 403, code: "AuthorizationPermissionMismatch" });
    await expect(CALLS[name](store)).rejects.toThrow(text);
  });

  it("is told with the call, the key, the code and the words of the service", async () => {
    const { service, store } = await scriptedStore();
    service.script = () => ({ status: 404, code: "ContainerNotFound" });
    await expect(store.get("a/key")).rejects.toMatchObject({
      name: "StoreError",
      key: "a/key",
      retry: "safe",
      message: expect.stringMatching(
        /^get az:\/\/container\/a\/key: .*create it \(ContainerNotFound\): scripted$/,
      ),
    });
  });
});

describe("an answer of something else, such as a proxy", () => {
  const html = { headers: { "content-type": "text/html", etag: '"1"' }, body: "<html>hi</html>" };

  it.each(BY_STATUS)("%i is told by each method by its status", async (...row) => {
    const [status, , meaning] = row;
    expect(await codesAfter({ status, ...html })).toEqual(expectedOfAll(meaning));
  });

  it("404 is not taken for a missing object", async () => {
    const { service, store } = await scriptedStore();
    service.script = () => ({ status: 404, ...html });
    await expect(store.get("key")).rejects.toMatchObject({ code: NOT_FOUND });
    await expect(store.delete("key")).rejects.toMatchObject({ code: NOT_FOUND });
  });

  it("412 and 409 are not taken for an object that exists already", async () => {
    const { service, store } = await scriptedStore();
    for (const status of [409, 412]) {
      service.script = () => ({ status, ...html });
      await expect(CALLS.create(store)).rejects.toMatchObject({ code: MISCONFIGURED });
    }
  });

  it("a page with 200 is neither a body, a listing, nor a success", async () => {
    const foreign = { read: MISCONFIGURED, write: UNKNOWN } as const;
    expect(await codesAfter({ status: 200, ...html })).toEqual(expectedOfAll(foreign));
  });

  it("a page of XML with 200 is no listing", async () => {
    const { service, store } = await scriptedStore();
    service.script = () => ({
      status: 200,
      headers: { ...OF_SERVICE, "content-type": "application/xml" },
      body: "<other><thing/></other>",
    });
    await expect(CALLS.list(store)).rejects.toMatchObject({
      code: MISCONFIGURED,
      message: expect.stringContaining("something else than Azure Blob Storage answers"),
    });
  });
});

describe("a body", () => {
  it("is sent with its MD5, so that the service refuses a damaged one", async () => {
    const { service, store } = await scriptedStore();
    await store.put("key", BODY);
    expect(service.requests[0]?.headers["content-md5"]).toBe("Uonfc331cyb83SJZevsfrA==");
    expect(service.requests[0]?.body).toEqual(Buffer.from(BODY));
  });

  it("above maxObjectBytes is refused before anything is sent", async () => {
    const { service, store } = await scriptedStore({ maxObjectBytes: 2 });
    const put = store.put("key", BODY);
    await expect(put).rejects.toMatchObject({ code: "WF_STORE_OBJECT_TOO_LARGE", key: "key" });
    await expect(put).rejects.toThrow("the body has 3 bytes; at most 2 are allowed");
    await expect(put).rejects.toSatisfy(isPermanent);
    expect(service.requests).toEqual([]);
    await store.put("key", BODY.subarray(1));
  });

  it("is read with one request, whole or a range of it, and is a plain Uint8Array", async () => {
    const { service, store } = await scriptedStore();
    service.blobs.set("key", Buffer.from(BODY));
    const body = (await store.get("key")) as Uint8Array;
    expect(body).toEqual(BODY);
    expect(body.constructor).toBe(Uint8Array);
    await store.get("key", { range: { offset: 5, length: 2 } });
    expect(service.requests.map(({ method, headers }) => [method, headers["x-ms-range"]])).toEqual([
      ["GET", undefined],
      ["GET", "bytes=5-6"],
    ]);
  });
});

describe("a create", () => {
  it("asks the service to create only, and a put does not", async () => {
    const { service, store } = await scriptedStore();
    await CALLS.create(store);
    await CALLS.put(store);
    expect(service.requests.map(({ headers }) => headers["if-none-match"])).toEqual([
      "*",
      undefined,
    ]);
  });

  it("whose answer was lost is settled by createObject as created", async () => {
    const { service, store } = await scriptedStore({ maxAttempts: 2 });
    service.applies = true;
    service.script = (_, index) => (index === 0 ? "drop" : undefined);
    expect(await createObject(store, "key", BODY)).toEqual({ created: true });
    expect(service.requests.map(({ method }) => method)).toEqual(["PUT", "PUT", "GET"]);
  });

  it("whose answer was lost is settled by createObject as lost where another body won", async () => {
    const { service, store } = await scriptedStore({ maxAttempts: 2 });
    service.script = (_, index) => (index === 0 ? "drop" : undefined);
    const existing = Uint8Array.of(9);
    service.blobs.set("key", Buffer.from(existing));
    expect(await createObject(store, "key", BODY)).toEqual({ created: false, existing });
  });
});
