import { BlobServiceClient } from "@azure/storage-blob";
import { BODY, MANY_KEYS } from "@wf/test-support/store-calls";
import { describe, expect, it } from "vitest";
import { httpsToHttp } from "../test-support/https-to-http.ts";
import {
  type Answer,
  batchAnswer,
  CONTAINER,
  namesInBatch,
  type ReceivedRequest,
  type ScriptedService,
} from "../test-support/scripted-service.ts";
import { scriptedStore } from "../test-support/scripted-store.ts";
import { AzureBlobObjectStore } from "./index.ts";

const REMOVED: Answer = { status: 202 };
const BUSY: Answer = { status: 503, code: "ServerBusy" };

function fill({ blobs }: ScriptedService, names: readonly string[]): void {
  for (const name of names) blobs.set(name, Buffer.from(BODY));
}

function isBatch({ url }: ReceivedRequest): boolean {
  return url.searchParams.get("comp") === "batch";
}

/** What was sent, in short: the count of a batch or the name of a single delete. */
function sent({ requests }: ScriptedService): (string | number)[] {
  return requests.map((request) =>
    isBatch(request) ? namesInBatch(request).length : `${request.method} ${request.name}`,
  );
}

describe("a delete", () => {
  it("of up to 16 keys sends a request for each, once for keys that are repeated", async () => {
    const { service, store } = await scriptedStore();
    fill(service, MANY_KEYS);
    const keys = MANY_KEYS.slice(0, 16);
    await store.delete([...keys, ...keys]);
    expect(sent(service).sort()).toEqual(keys.map((key) => `DELETE ${key}`));
    expect([...service.blobs.keys()]).toEqual(MANY_KEYS.slice(16));
  });

  it("of more sends one for each 256, missing keys among them", async () => {
    const { service, store } = await scriptedStore({ prefix: "wf" });
    const keys = Array.from({ length: 600 }, (_, i) => `k/${i}`);
    fill(service, ["kept", ...keys.map((key) => `wf/${key}`)]);
    await store.delete([...keys, "missing"]);
    // In any order, because they are under way together.
    expect(sent(service).sort()).toEqual([256, 256, 89]);
    expect([...service.blobs.keys()]).toEqual(["kept"]);
  });

  it("of none sends nothing", async () => {
    const { service, store } = await scriptedStore();
    await store.delete([]);
    expect(service.requests).toEqual([]);
  });

  it("asks for one token for a whole batch", async () => {
    const { service } = await scriptedStore();
    let tokens = 0;
    const credential = {
      async getToken() {
        tokens++;
        return { token: "t", expiresOnTimestamp: Number.MAX_SAFE_INTEGER };
      },
    };
    const store = new AzureBlobObjectStore({
      client: new BlobServiceClient(service.url.replace("http:", "https:"), credential, {
        httpClient: httpsToHttp,
      }),
      container: CONTAINER,
      maxAttempts: 1,
    });
    fill(service, MANY_KEYS);
    await store.delete(MANY_KEYS);
    expect(sent(service)).toEqual([20]);
    expect(service.blobs.size).toBe(0);
    // One for the request, and one for all of its parts.
    expect(tokens).toBe(2);
  });
});

describe("a batch that is answered", () => {
  it("for some of its parts with failures leaves these to single deletes", async () => {
    const { service, store } = await scriptedStore();
    fill(service, MANY_KEYS);
    const failing = MANY_KEYS.slice(3, 6);
    service.script = (request) =>
      isBatch(request)
        ? batchAnswer(request, (name) => (failing.includes(name) ? BUSY : REMOVED))
        : undefined;
    await store.delete(MANY_KEYS);
    const [first, ...others] = sent(service);
    expect([first, ...others.sort()]).toEqual([20, ...failing.map((key) => `DELETE ${key}`)]);
  });

  it("with failures that stay names the key of one", async () => {
    const { service, store } = await scriptedStore();
    fill(service, MANY_KEYS);
    const held = MANY_KEYS[7] as string;
    const leased: Answer = { status: 412, code: "LeaseIdMissing" };
    service.script = (request) => {
      if (isBatch(request)) {
        return batchAnswer(request, (name) => (name === held ? leased : REMOVED));
      }
      return request.name === held ? leased : undefined;
    };
    await expect(store.delete(MANY_KEYS)).rejects.toMatchObject({
      code: "WF_STORE_DENIED",
      key: held,
      message: expect.stringContaining(`delete az://container/${held}: somebody holds a lease`),
    });
  });

  it.each<[string, Answer]>([
    [
      "is denied, as to a SAS without that permission",
      { status: 403, code: "AuthorizationFailure" },
    ],
    ["is not known to the service", { status: 400, code: "InvalidQueryParameterValue" }],
    ["has no implementation", { status: 501 }],
  ])("is replaced by single deletes where it %s, and not tried again", async (_, answer) => {
    const { service, store } = await scriptedStore();
    fill(service, MANY_KEYS);
    service.script = (request) => (isBatch(request) ? answer : undefined);
    await store.delete(MANY_KEYS);
    expect(service.blobs.size).toBe(0);
    const [first, ...others] = sent(service);
    expect([first, ...others.sort()]).toEqual([20, ...MANY_KEYS.map((key) => `DELETE ${key}`)]);
    fill(service, MANY_KEYS);
    await store.delete(MANY_KEYS);
    expect(sent(service).filter((entry) => entry === 20)).toHaveLength(1);
  });

  it("with a refusal of each part is replaced by single deletes", async () => {
    const { service, store } = await scriptedStore();
    fill(service, MANY_KEYS);
    service.script = (request) =>
      isBatch(request)
        ? batchAnswer(request, () => ({ status: 403, code: "AuthorizationFailure" }))
        : undefined;
    await store.delete(MANY_KEYS);
    expect(service.blobs.size).toBe(0);
  });

  it("is tried again the next time where single deletes failed too", async () => {
    const { service, store } = await scriptedStore();
    fill(service, MANY_KEYS);
    service.script = () => ({ status: 403, code: "AuthorizationPermissionMismatch" });
    await expect(store.delete(MANY_KEYS)).rejects.toMatchObject({ code: "WF_STORE_DENIED" });
    service.requests.length = 0;
    service.script = () => undefined;
    await store.delete(MANY_KEYS);
    expect(sent(service)).toEqual([20]);
  });

  it("after a lost answer is sent again, and what is gone by then is removed", async () => {
    const { service, store } = await scriptedStore({ maxAttempts: 2 });
    fill(service, MANY_KEYS);
    service.applies = true;
    service.script = (_, index) => (index === 0 ? "drop" : undefined);
    await store.delete(MANY_KEYS);
    expect(sent(service)).toEqual([20, 20]);
    expect(service.blobs.size).toBe(0);
  });
});

it("single deletes stop after a failure that stays", async () => {
  const { service, store } = await scriptedStore();
  const keys = Array.from({ length: 200 }, (_, i) => `k/${i}`);
  service.script = () => ({ status: 403, code: "AuthorizationPermissionMismatch" });
  await expect(store.delete(keys)).rejects.toMatchObject({ code: "WF_STORE_DENIED" });
  expect(service.requests.length).toBeLessThan(40);
});
