import { createRequire } from "node:module";
import {
  AnonymousCredential,
  BlobServiceClient,
  newPipeline,
  StorageSharedKeyCredential,
} from "@azure/storage-blob";
import { BODY, CALL_NAMES, CALLS } from "@wf/test-support/store-calls";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { httpsToHttp } from "../test-support/https-to-http.ts";
import { CONTAINER, type ScriptedService } from "../test-support/scripted-service.ts";
import { scriptedStore, turns } from "../test-support/scripted-store.ts";
import { AzureBlobObjectStore, type AzureBlobObjectStoreOptions } from "./index.ts";

const SECRET = Buffer.from("a secret key").toString("base64");
const SAS = "sv=2026-02-06&ss=b&srt=co&sp=rwdl&sig=s3cr3t";
const ACCOUNT_URL = "https://account.blob.core.windows.net";
const KEY = new StorageSharedKeyCredential("account", SECRET);
const CONNECTION_STRING = `DefaultEndpointsProtocol=https;AccountName=account;AccountKey=${SECRET};EndpointSuffix=core.windows.net`;

describe("the constructor", () => {
  const client = new BlobServiceClient(ACCOUNT_URL, KEY);

  it.each<[string, Partial<AzureBlobObjectStoreOptions>]>([
    ["a connection string", { connectionString: CONNECTION_STRING }],
    ["the connection string of an emulator", { connectionString: "UseDevelopmentStorage=true" }],
    ["a url and a key", { url: ACCOUNT_URL, credential: KEY }],
    ["a url and a key over http", { url: "http://127.0.0.1:1/account", credential: KEY }],
    ["a url with a SAS", { url: `${ACCOUNT_URL}/?${SAS}` }],
    ["a url and nothing else", { url: ACCOUNT_URL }],
    ["a url and no credential at all", { url: ACCOUNT_URL, credential: new AnonymousCredential() }],
    ["a client of the account", { client }],
    ["a client of the container", { client: client.getContainerClient(CONTAINER) }],
    ["the longest prefix", { connectionString: CONNECTION_STRING, prefix: "p".repeat(123) }],
  ])("takes %s", (_, options) => {
    expect(new AzureBlobObjectStore({ container: CONTAINER, ...options })).toBeDefined();
  });

  it.each<[RegExp, object]>([
    [/^container is undefined: give the name of a container, 3 to 63/, { container: undefined }],
    [/^container is "": give/, { container: "" }],
    [/^container is "ab": give/, { container: "ab" }],
    [/^container is "Upper": give/, { container: "Upper" }],
    [/^container is "a--b": give/, { container: "a--b" }],
    [/^container is "-ab": give/, { container: "-ab" }],
    [/^container is "ab-": give/, { container: "ab-" }],
    [/^container is "\$root": give/, { container: "$root" }],
    [/^container is "a\/b": give/, { container: "a/b" }],
    [/^container is "a{64}": give/, { container: "a".repeat(64) }],
    [/^0 of client, connectionString and url are given/, { connectionString: undefined }],
    [/^2 of client, connectionString and url are given/, { url: ACCOUNT_URL }],
    [/^3 of client, connectionString and url are given/, { url: ACCOUNT_URL, client }],
    [/^credential is given without url/, { credential: KEY }],
    [/^connectionString is none of a storage account: Invalid/, { connectionString: "a=b" }],
    [/^connectionString is none/, { connectionString: "" }],
    [/^connectionString is none/, { connectionString: 5 }],
    [/^maxObjectBytes is 0: give a whole number from 1 to 5242880000/, { maxObjectBytes: 0 }],
    [/^maxObjectBytes is 5242880001/, { maxObjectBytes: 5_242_880_001 }],
    [/^listPageSize is 0: give a whole number from 1 to 5000/, { listPageSize: 0 }],
    [/^listPageSize is 5001/, { listPageSize: 5_001 }],
    [/^maxAttempts is 0/, { maxAttempts: 0 }],
    [/^requestTimeout is 0: give at least 1 ms/, { requestTimeout: 0 }],
    [/^clock .*has no method "now"/, { clock: {} }],
    [/^random is 7/, { random: 7 }],
    [/^retryBackoff has "bas", which is no option/, { retryBackoff: { bas: 1 } }],
    [/^options has "retryLimit", which is no option: .*maxAttempts/, { retryLimit: 3 }],
  ])("refuses an option with %s", (message, options) => {
    const all = { container: CONTAINER, connectionString: CONNECTION_STRING, ...options };
    const construct = () => new AzureBlobObjectStore(all as AzureBlobObjectStoreOptions);
    expect(construct).toThrow(message);
    expect(construct).toThrow(expect.objectContaining({ code: "WF_INVALID_ARGUMENT" }));
  });

  it.each<[RegExp, object]>([
    [/^url is no URL/, { url: "account.blob.core.windows.net" }],
    [/^url is no URL/, { url: "ftp://account" }],
    [/^url is no URL/, { url: "" }],
    [/^url is no URL/, { url: 5 }],
    [
      /^url has the path \/container: give that of the account/,
      { url: `${ACCOUNT_URL}/container` },
    ],
    [
      /^credential and a SAS in url are both given/,
      { url: `${ACCOUNT_URL}?${SAS}`, credential: KEY },
    ],
    [/^credential is none of @azure/, { url: ACCOUNT_URL, credential: "key" }],
    [/^url is http, over which no token is sent/, { url: "http://127.0.0.1:1/account" }],
    [/^client is no BlobServiceClient or ContainerClient/, { client: {} }],
    [/^client is no BlobServiceClient or ContainerClient/, { client: "client" }],
    [/^client is no BlobServiceClient/, { client: { containerName: CONTAINER } }],
    [
      /^client is of the container "other" and container is "container"/,
      { client: client.getContainerClient("other") },
    ],
  ])("refuses an account with %s", (message, options) => {
    const all = { container: CONTAINER, ...options } as AzureBlobObjectStoreOptions;
    const construct = () => new AzureBlobObjectStore(all);
    expect(construct).toThrow(message);
    expect(construct).toThrow(expect.objectContaining({ code: "WF_INVALID_ARGUMENT" }));
  });

  it.each(["", "a//b", "a/", "/a", "a.", "p".repeat(124)])("refuses the prefix %j", (prefix) => {
    expect(
      () =>
        new AzureBlobObjectStore({
          container: CONTAINER,
          connectionString: CONNECTION_STRING,
          prefix,
        }),
    ).toThrow(expect.objectContaining({ code: "WF_INVALID_KEY" }));
  });

  it("tells no secret in what it refuses", () => {
    const withSecrets: object[] = [
      { url: `ftp://account?${SAS}` },
      { url: `${ACCOUNT_URL}/${CONTAINER}?${SAS}` },
      { url: `${ACCOUNT_URL}?${SAS}`, credential: KEY },
      { connectionString: `AccountName=account;AccountKey=${SECRET}` },
      { connectionString: `${CONNECTION_STRING.replace("https", "gopher")}` },
    ];
    for (const options of withSecrets) {
      const all = { container: CONTAINER, ...options } as AzureBlobObjectStoreOptions;
      expect(() => new AzureBlobObjectStore(all)).toThrow(
        expect.objectContaining({
          message: expect.not.stringMatching(`s3cr3t|${SECRET}`),
        }),
      );
    }
  });

  it("sends nothing", async () => {
    const { service } = await scriptedStore();
    await turns();
    expect(service.requests).toEqual([]);
  });
});

describe("requests are sent", () => {
  async function sentBy(
    optionsFor: (service: ScriptedService) => Partial<AzureBlobObjectStoreOptions>,
  ) {
    const { service } = await scriptedStore();
    const options = { container: CONTAINER, maxAttempts: 1, ...optionsFor(service) };
    const store = new AzureBlobObjectStore(options);
    await store.put("key", BODY);
    expect(await store.get("key")).toEqual(BODY);
    return service.requests.map(({ name, headers, url }) => ({
      name,
      authorization: headers.authorization?.split(" ")[0],
      sig: url.searchParams.get("sig"),
      agent: headers["user-agent"],
    }));
  }

  it("with the key of a connection string, to a container and below a prefix", async () => {
    const sent = { name: "wf/key", authorization: "SharedKey", sig: null };
    expect(
      await sentBy(({ connectionString }) => ({ connectionString, prefix: "wf" })),
    ).toMatchObject([sent, sent]);
  });

  it("with a key", async () => {
    const sent = { name: "key", authorization: "SharedKey", sig: null };
    expect(await sentBy(({ url }) => ({ url, credential: KEY }))).toMatchObject([sent, sent]);
  });

  it("with a SAS", async () => {
    const sent = { name: "key", authorization: undefined, sig: "s3cr3t" };
    expect(await sentBy(({ url }) => ({ url: `${url}?${SAS}` }))).toMatchObject([sent, sent]);
  });

  it("with the SAS of a ready client", async () => {
    const sent = { name: "key", authorization: undefined, sig: "s3cr3t" };
    const ofClient = ({ url }: ScriptedService) => {
      return { client: new BlobServiceClient(`${url}?${SAS}`) };
    };
    expect(await sentBy(ofClient)).toMatchObject([sent, sent]);
  });

  it("with the token, the HTTP client, the user agent and the policies of a ready client", async () => {
    const credential = {
      getToken: async () => ({ token: "t", expiresOnTimestamp: Number.MAX_SAFE_INTEGER }),
    };
    const pipeline = newPipeline(credential, {
      httpClient: httpsToHttp,
      userAgentOptions: { userAgentPrefix: "my-app" },
    });
    let passed = 0;
    pipeline.factories.push({
      create: (next) => ({
        sendRequest(request) {
          passed++;
          return next.sendRequest(request);
        },
      }),
    });
    const ofClient = ({ url }: ScriptedService) => {
      passed = 0;
      return { client: new BlobServiceClient(url.replace("http:", "https:"), pipeline) };
    };
    const sent = { authorization: "Bearer", agent: expect.stringMatching(/^my-app /) };
    expect(await sentBy(ofClient)).toMatchObject([sent, sent]);
    expect(passed).toBe(2);
  });

  it("with the key of a ready client of another copy of @azure/storage-blob", async () => {
    const other: typeof import("@azure/storage-blob") = createRequire(import.meta.url)(
      "@azure/storage-blob",
    );
    expect(other.BlobServiceClient).not.toBe(BlobServiceClient);
    const ofClient = ({ connectionString }: ScriptedService) => {
      return { client: other.BlobServiceClient.fromConnectionString(connectionString) };
    };
    const sent = { authorization: "SharedKey" };
    expect(await sentBy(ofClient)).toMatchObject([sent, sent]);
  });
});

it("a sender of the user's own that fails without an answer leaves the outcome of a write open", async () => {
  const { service } = await scriptedStore();
  const client = new BlobServiceClient(service.url, KEY, { httpClient: httpsToHttp });
  const store = new AzureBlobObjectStore({ client, container: CONTAINER, maxAttempts: 1 });
  service.script = () => "drop";
  await expect(store.put("key", BODY)).rejects.toMatchObject({ code: "WF_STORE_OUTCOME_UNKNOWN" });
  await expect(store.get("key")).rejects.toMatchObject({ code: "WF_STORE_UNAVAILABLE" });
});

describe("a credential that has no token", () => {
  it.each([
    "CredentialUnavailableError",
    "AuthenticationError",
    "AggregateAuthenticationError",
    "AuthenticationRequiredError",
  ])("and says so by %s is WF_STORE_UNAUTHENTICATED, and nothing is sent", async (name) => {
    const { service } = await scriptedStore();
    const credential = {
      async getToken(): Promise<never> {
        throw Object.assign(new Error("sign in first"), { name, statusCode: 500 });
      },
    };
    const client = new BlobServiceClient(service.url.replace("http:", "https:"), credential, {
      httpClient: httpsToHttp,
    });
    const store = new AzureBlobObjectStore({ client, container: CONTAINER });
    for (const call of CALL_NAMES) {
      await expect(CALLS[call](store), call).rejects.toMatchObject({
        code: "WF_STORE_UNAUTHENTICATED",
        message: expect.stringContaining("no token could be had for the account: sign in first"),
      });
    }
    expect(service.requests).toEqual([]);
  });
});

describe("a url without a credential and without a SAS", () => {
  beforeEach(() => {
    vi.resetModules();
  });

  it("takes the DefaultAzureCredential of @azure/identity, when the first token is needed", async () => {
    let constructed = 0;
    vi.doMock("@azure/identity", () => ({
      DefaultAzureCredential: class {
        readonly #number = ++constructed;

        async getToken(scope: string) {
          return { token: `${scope} of ${this.#number}`, expiresOnTimestamp: 0 };
        }
      },
    }));
    const { defaultCredential } = await import("./default-credential.ts");
    const credential = defaultCredential();
    expect(constructed).toBe(0);
    const tokens = await Promise.all(["a", "b"].map((scope) => credential.getToken(scope)));
    expect(tokens.map((token) => token?.token)).toEqual(["a of 1", "b of 1"]);
  });

  it("tells how to install @azure/identity where it is missing, and sends nothing", async () => {
    vi.doMock("@azure/identity", () => {
      throw new Error("Cannot find package '@azure/identity'");
    });
    const { AzureBlobObjectStore } = await import("./index.ts");
    const store = new AzureBlobObjectStore({ url: "https://127.0.0.1:1", container: CONTAINER });
    await expect(store.get("key")).rejects.toMatchObject({
      code: "WF_STORE_UNAUTHENTICATED",
      retry: "safe",
      message: expect.stringContaining("npm install @azure/identity, or give a credential"),
    });
  });

  it("gives what the real package has", async () => {
    vi.doUnmock("@azure/identity");
    const { DefaultAzureCredential } = await import("@azure/identity");
    expect(DefaultAzureCredential.prototype.getToken).toBeTypeOf("function");
  });
});
