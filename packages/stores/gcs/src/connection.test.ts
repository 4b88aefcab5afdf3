import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { type AddressInfo, connect as connectTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Storage, type StorageOptions } from "@google-cloud/storage";
import type { ScriptedServer } from "@wf/test-support/scripted-server";
import { BODY, CALLS } from "@wf/test-support/store-calls";
import { OAuth2Client, PassThroughClient } from "google-auth-library";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { refusal, STORED, stored } from "../test-support/gcs-answers.ts";
import { openServer, scriptedStore } from "../test-support/scripted-store.ts";
import { connect } from "./connect.ts";
import { GcsObjectStore } from "./index.ts";

// None of the machine's own.
beforeEach(() => {
  for (const name of [
    "STORAGE_EMULATOR_HOST",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "http_proxy",
    "https_proxy",
  ]) {
    vi.stubEnv(name, undefined);
  }
});
afterEach(() => vi.unstubAllEnvs());

function clientWithToken(token = "some-token"): OAuth2Client {
  const client = new OAuth2Client();
  client.setCredentials({ access_token: token, expiry_date: 8.64e15 });
  return client;
}

describe("credentials", () => {
  const AUTHENTICATED = { useAuthWithCustomEndpoint: true };

  it("go along with every request to an endpoint that they are meant for", async () => {
    const options = { ...AUTHENTICATED, authClient: clientWithToken() };
    const { store, server } = await scriptedStore([STORED, stored(BODY)], options);
    await CALLS.create(store);
    expect(await CALLS.get(store)).toEqual(BODY);
    for (const { headers } of server.requests)
      expect(headers.authorization).toBe("Bearer some-token");
    expect(server.requests[0]?.body.includes(Buffer.from(BODY))).toBe(true);
  });

  it("change nothing in what an answer means, or its absence", async () => {
    const answers = [
      "drop",
      refusal(412, "conditionNotMet"),
      refusal(503, "backendError"),
      "hang",
    ] as const;
    const options = { ...AUTHENTICATED, authClient: clientWithToken(), maxAttempts: 1 };
    const { store, server } = await scriptedStore(answers, options);
    for (const code of ["OUTCOME_UNKNOWN", "ALREADY_EXISTS", "OUTCOME_UNKNOWN"]) {
      await expect(CALLS.create(store)).rejects.toMatchObject({ code: `WF_STORE_${code}` });
    }
    const controller = new AbortController();
    const aborted = CALLS.create(store, controller.signal);
    await server.received(4);
    controller.abort(new Error("no longer wanted"));
    await expect(aborted).rejects.toThrow("no longer wanted");
    await server.disconnected(Number(server.requests[3]?.connection));
  });

  it("stay away from a custom endpoint otherwise, as with the client itself", async () => {
    const { store, server } = await scriptedStore([STORED], { authClient: clientWithToken() });
    await CALLS.create(store);
    expect(server.requests[0]?.headers.authorization).toBeUndefined();
  });

  it("that the server refuses are WF_STORE_UNAUTHENTICATED", async () => {
    const options = { ...AUTHENTICATED, authClient: clientWithToken() };
    const { store, server } = await scriptedStore(
      [refusal(401, "authError", "Invalid Credentials")],
      options,
    );
    await expect(CALLS.create(store)).rejects.toMatchObject({
      code: "WF_STORE_UNAUTHENTICATED",
      message: expect.stringMatching(/does not accept these credentials.*: Invalid Credentials$/),
    });
    expect(server.requests).toHaveLength(1);
  });

  it("that the server refuses are renewed once where the client can, and the request is sent again", async () => {
    const server = await openServer(
      refusal(401, "authError"),
      {
        status: 200,
        headers: { "content-type": "application/json" },
        body: `{"access_token":"new"}`,
      },
      STORED,
    );
    const authClient = new OAuth2Client({ endpoints: { oauth2TokenUrl: server.url } });
    authClient.setCredentials({ access_token: "old", refresh_token: "some-refresh-token" });
    const store = new GcsObjectStore({
      bucket: "some-bucket",
      apiEndpoint: server.url,
      ...AUTHENTICATED,
      authClient,
    });
    await CALLS.create(store);
    const sent = server.requests.map(({ method, headers }) => `${method} ${headers.authorization}`);
    expect(sent).toEqual(["POST Bearer old", "POST undefined", "POST Bearer new"]);
    expect(server.requests[2]?.body).toEqual(server.requests[0]?.body);
  });

  it("that cannot be found are WF_STORE_UNAUTHENTICATED, with what to do, and nothing is sent", async () => {
    const home = await mkdtemp(join(tmpdir(), "wf-store-gcs-"));
    onTestFinished(() => rm(home, { recursive: true }));
    vi.stubEnv("HOME", home);
    vi.stubEnv("CLOUDSDK_CONFIG", home);
    vi.stubEnv("METADATA_SERVER_DETECTION", "none");
    for (const file of [undefined, join(home, "missing.json")]) {
      vi.stubEnv("GOOGLE_APPLICATION_CREDENTIALS", file);
      const { store, server } = await scriptedStore([], AUTHENTICATED);
      await expect(CALLS.create(store)).rejects.toMatchObject({
        code: "WF_STORE_UNAUTHENTICATED",
        message: expect.stringMatching(
          /gcloud auth application-default login.*: (Could not load the default credentials|.*missing\.json)/,
        ),
      });
      expect(server.requests).toEqual([]);
    }
  });

  it.each([
    ["refused", { config: {}, status: 400 }, "WF_STORE_UNAUTHENTICATED"],
    [
      "refused for good by the metadata server",
      { config: {}, status: 404 },
      "WF_STORE_UNAUTHENTICATED",
    ],
    ["throttled", { config: {}, status: 429 }, "WF_STORE_UNAVAILABLE"],
    ["failed", { config: {}, status: 503 }, "WF_STORE_UNAVAILABLE"],
    ["not reached", { config: {}, code: "ECONNREFUSED" }, "WF_STORE_UNAVAILABLE"],
    ["impossible", {}, "WF_STORE_UNAUTHENTICATED"],
  ])(
    "whose token is %s are told as such, of writes too, for nothing was sent",
    async (_, details, code) => {
      const authClient = new PassThroughClient();
      const failure = Object.assign(new Error("no token"), details, { secret: "s" });
      authClient.request = () => Promise.reject(failure);
      const { store, server } = await scriptedStore([], { ...AUTHENTICATED, authClient });
      const failed = CALLS.create(store);
      await expect(failed).rejects.toMatchObject({
        code,
        message: expect.stringMatching(/: no token$/),
      });
      const { cause } = await failed.then(
        () => expect.unreachable(),
        (error) => error,
      );
      expect(cause).not.toHaveProperty("secret");
      expect(cause.cause).toBeUndefined();
      expect(server.requests).toEqual([]);
    },
  );
});

describe("the endpoint", () => {
  const bucket = "some-bucket";

  async function storedAt(server: ScriptedServer, options: Omit<StorageOptions, "timeout">) {
    await CALLS.create(new GcsObjectStore({ bucket, ...(options as object) }));
    await CALLS.create(new GcsObjectStore({ bucket, storage: new Storage(options) }));
    const paths = server.requests.map(({ url }) => url.pathname);
    expect(new Set(paths)).toEqual(new Set(["/upload/storage/v1/b/some-bucket/o"]));
    expect(paths).toHaveLength(2);
  }

  it.each([
    [{}, "https://storage.googleapis.com", true],
    [{ universeDomain: "example.com" }, "https://storage.example.com", true],
    [{ apiEndpoint: "storage.example.com" }, "https://storage.example.com", false],
    [
      { apiEndpoint: "https://a.p.example.com", useAuthWithCustomEndpoint: true },
      "https://a.p.example.com",
      true,
    ],
  ])("of %j is %s, with credentials: %s", (options, endpoint, isAuthenticated) => {
    for (const connection of [connect(undefined, options), connect(new Storage(options), {})]) {
      expect(connection.endpoint).toBe(endpoint);
      expect(connection.authenticator !== undefined).toBe(isAuthenticated);
    }
  });

  it("is that of the options or of the client", async () => {
    const server = await openServer(STORED, STORED);
    await storedAt(server, { apiEndpoint: server.url });
  });

  it("may end in slashes and in the path of the API", async () => {
    const server = await openServer(STORED, STORED);
    await storedAt(server, { apiEndpoint: `${server.url}/storage/v1//` });
  });

  it("is that of STORAGE_EMULATOR_HOST where none is given", async () => {
    const server = await openServer(STORED, STORED);
    vi.stubEnv("STORAGE_EMULATOR_HOST", server.url);
    await storedAt(server, {});
  });

  it("of STORAGE_EMULATOR_HOST needs no scheme", async () => {
    const server = await openServer(STORED);
    vi.stubEnv("STORAGE_EMULATOR_HOST", new URL(server.url).host);
    await CALLS.create(new GcsObjectStore({ bucket }));
    expect(server.requests).toHaveLength(1);
  });

  it("of the options comes before STORAGE_EMULATOR_HOST", async () => {
    const server = await openServer(STORED, STORED);
    vi.stubEnv("STORAGE_EMULATOR_HOST", "http://127.0.0.1:1");
    await storedAt(server, { apiEndpoint: server.url });
  });

  it("is reached through the proxy of the environment where there are credentials", async () => {
    const server = await openServer(STORED);
    const proxied: (string | undefined)[] = [];
    const proxy = createServer().on("connect", (request, socket) => {
      proxied.push(request.url);
      const onward = connectTcp(Number(new URL(server.url).port), "127.0.0.1");
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      socket.pipe(onward).pipe(socket);
    });
    await new Promise<void>((done) => proxy.listen(0, "127.0.0.1", done));
    onTestFinished(() => void proxy.close());
    vi.stubEnv("HTTP_PROXY", `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
    const store = new GcsObjectStore({
      bucket,
      apiEndpoint: server.url,
      useAuthWithCustomEndpoint: true,
      authClient: clientWithToken(),
    });
    await CALLS.create(store);
    expect(proxied).toEqual([new URL(server.url).host]);
    expect(server.requests[0]?.headers.authorization).toBe("Bearer some-token");
  });
});
