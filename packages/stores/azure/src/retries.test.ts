import { BlobServiceClient, StorageSharedKeyCredential } from "@azure/storage-blob";
import { WfError, type WfErrorCode } from "@wf/core";
import { BODY, CALL_NAMES, CALLS, type CallName, READS } from "@wf/test-support/store-calls";
import { MockClock } from "@wf/testing";
import { describe, expect, it } from "vitest";
import { CONTAINER, type Script, type ScriptedService } from "../test-support/scripted-service.ts";
import { scriptedStore, turns } from "../test-support/scripted-store.ts";
import { AzureBlobObjectStore } from "./index.ts";

const BUSY: Script = { status: 503, code: "ServerBusy" };

/** What a call throws whose request may have been carried out. */
function doubt(name: CallName): WfErrorCode {
  return READS.includes(name) ? "WF_STORE_UNAVAILABLE" : "WF_STORE_OUTCOME_UNKNOWN";
}

describe.each(CALL_NAMES)("%s", (name) => {
  const call = CALLS[name];

  it("sends its request again after passing failures, as often as maxAttempts says", async () => {
    const { service, store } = await scriptedStore({ maxAttempts: 4 });
    const failures: readonly Script[] = [BUSY, "drop", { status: 500, code: "InternalError" }];
    service.script = (_, index) => failures[index];
    await call(store);
    expect(service.requests.length).toBe(4);
  });

  it("sends it once with maxAttempts 1: the client beneath does not repeat it", async () => {
    for (const failure of [BUSY, "drop"] as const) {
      const { service, store } = await scriptedStore();
      service.script = () => failure;
      await expect(call(store)).rejects.toMatchObject({ code: doubt(name) });
      expect(service.requests.length).toBe(1);
    }
  });

  it("is not repeated after a final failure", async () => {
    const { service, store } = await scriptedStore({ maxAttempts: 4 });
    service.script = () => ({ status: 404, code: "ContainerNotFound" });
    await expect(call(store)).rejects.toMatchObject({ code: "WF_STORE_BUCKET_NOT_FOUND" });
    expect(service.requests.length).toBe(1);
  });

  it("tells of doubt after a final failure, where an earlier try may have been applied", async () => {
    const { service, store } = await scriptedStore({ maxAttempts: 4 });
    const final: Script = { status: 404, code: "ContainerNotFound" };
    service.script = (_, index) => (index === 0 ? "drop" : final);
    const code = READS.includes(name) ? "WF_STORE_BUCKET_NOT_FOUND" : "WF_STORE_OUTCOME_UNKNOWN";
    await expect(call(store)).rejects.toMatchObject({ code });
  });

  it("waits as long as Retry-After says", async () => {
    const clock = new MockClock();
    const { service, store } = await scriptedStore({ maxAttempts: 2, clock });
    service.script = (_, index) =>
      index === 0
        ? { status: 503, code: "ServerBusy", headers: { "retry-after": "7" } }
        : undefined;
    const calling = call(store);
    while (clock.nextDueAt !== clock.now() + 7_000) await turns(1);
    await clock.advance(6_999);
    expect(service.requests.length).toBe(1);
    await clock.advance(1);
    await calling;
    expect(service.requests.length).toBe(2);
  });

  it("gives up a try that is not answered within requestTimeout, and sends another", async () => {
    const clock = new MockClock();
    const { service, store } = await scriptedStore({
      maxAttempts: 2,
      clock,
      requestTimeout: "5s",
    });
    service.script = (_, index) => (index === 0 ? "hang" : undefined);
    const calling = call(store);
    await service.server.received(1);
    await clock.advance("5s");
    await calling;
    expect(service.requests.length).toBe(2);
  });

  it("that is never answered fails by requestTimeout", async () => {
    const clock = new MockClock();
    const { service, store } = await scriptedStore({ clock, requestTimeout: "5s" });
    service.script = () => "hang";
    const calling = call(store);
    const failed = expect(calling).rejects.toMatchObject({
      code: doubt(name),
      message: expect.stringContaining("within requestTimeout (5000 ms)"),
    });
    await service.server.received(1);
    await clock.advance("5s");
    await failed;
  });

  it("ends at once with the reason when it is aborted on the way", async () => {
    const { service, store } = await scriptedStore({ maxAttempts: 4 });
    service.script = () => "hang";
    const controller = new AbortController();
    const calling = call(store, controller.signal);
    const reason = new WfError("WF_CLOSED", "the queue is closed");
    const failed = expect(calling).rejects.toBe(reason);
    await service.server.received(1);
    controller.abort(reason);
    await failed;
    expect(service.requests.length).toBe(1);
  });

  it("says that nothing listens at the endpoint", async () => {
    const credential = new StorageSharedKeyCredential("account", "key");
    const { store } = await scriptedStore({
      connectionString: undefined,
      url: "http://127.0.0.1:1/account",
      credential,
    });
    await expect(call(store)).rejects.toMatchObject({
      code: "WF_STORE_UNAVAILABLE",
      message: expect.stringContaining("nothing listens at the endpoint (ECONNREFUSED)"),
    });
  });
});

describe("an answer that is cut off", () => {
  const body = Buffer.alloc(100_000, 7);

  it.each([0, 1, 99_999])(
    "after %i bytes of a body is not taken for a whole one",
    async (cutAfter) => {
      const { service, store } = await scriptedStore({ maxAttempts: 2 });
      service.blobs.set("key", body);
      const cut: Script = {
        status: 200,
        headers: { "x-ms-request-id": "1", etag: '"0x1"' },
        body,
        bodyEnds: { after: cutAfter, by: "cut" },
      };
      service.script = (_, index) => (index === 0 ? cut : undefined);
      expect(await store.get("key")).toEqual(new Uint8Array(body));
      expect(service.requests.length).toBe(2);
      service.script = () => cut;
      await expect(store.get("key")).rejects.toMatchObject({ code: "WF_STORE_UNAVAILABLE" });
      expect(service.requests.length).toBe(4);
    },
  );

  it("in a listing is asked for again", async () => {
    const { service, store } = await scriptedStore({ maxAttempts: 2 });
    service.blobs.set("a/key", body);
    service.script = (_, index) =>
      index > 0
        ? undefined
        : {
            status: 200,
            headers: { "x-ms-request-id": "1", "content-type": "application/xml" },
            body: "<EnumerationResults><Blobs><Blob><Name>key</Name></Blob></Blobs></EnumerationResults>",
            bodyEnds: { after: 40, by: "cut" },
          };
    await expect(CALLS.list(store)).resolves.toHaveLength(1);
  });

  it("in the error to a create leaves the outcome unknown", async () => {
    const { service, store } = await scriptedStore();
    service.script = () => ({
      status: 409,
      code: "BlobAlreadyExists",
      bodyEnds: { after: 5, by: "cut" },
    });
    await expect(CALLS.create(store)).rejects.toMatchObject({ code: "WF_STORE_OUTCOME_UNKNOWN" });
  });
});

describe("a ready client's own retries", () => {
  /** The same service by another name. */
  const retryOptions = { maxTries: 2, secondaryHost: "localhost" };

  function hostsAsked(service: ScriptedService): unknown[] {
    return service.requests.map(({ headers }) => headers.host?.split(":")[0]);
  }

  it.each(["account", "container"])(
    "of the %s are not used, nor its secondary host",
    async (of) => {
      const { service } = await scriptedStore();
      const { connectionString } = service;
      const account = BlobServiceClient.fromConnectionString(connectionString, { retryOptions });
      const store = new AzureBlobObjectStore({
        client: of === "account" ? account : account.getContainerClient(CONTAINER),
        container: CONTAINER,
        maxAttempts: 3,
        retryBackoff: { base: 0 },
      });
      service.script = (_, index) => (index < 2 ? BUSY : undefined);
      await store.put("key", BODY);
      service.script = () => BUSY;
      await expect(store.get("key")).rejects.toMatchObject({ code: "WF_STORE_UNAVAILABLE" });
      expect(hostsAsked(service)).toEqual(Array(6).fill("127.0.0.1"));
    },
  );

  it("control: the client itself would read from its secondary host", async () => {
    const { service } = await scriptedStore();
    const { connectionString } = service;
    const client = BlobServiceClient.fromConnectionString(connectionString, { retryOptions });
    service.script = () => BUSY;
    await expect(
      client.getContainerClient(CONTAINER).getBlobClient("key").download(),
    ).rejects.toThrow();
    expect(hostsAsked(service)).toEqual(["127.0.0.1", "localhost"]);
  });
});
