import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { ScriptedServer } from "@wf/test-support/scripted-server";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { NO_DEADLINE, RetryClock } from "../test-support/retry-clock.ts";
import { failed, object, STORED } from "../test-support/s3-answers.ts";
import { BUCKET, ON_LOOPBACK, scriptedStore } from "../test-support/test-store.ts";
import { connect } from "./connect.ts";
import { S3ObjectStore } from "./index.ts";

const LARGE = new Uint8Array(3 * 1_048_576);

// None of the machine's own.
beforeEach(() => {
  vi.stubEnv("AWS_ENDPOINT_URL", undefined);
  vi.stubEnv("AWS_ENDPOINT_URL_S3", undefined);
});
afterEach(() => vi.unstubAllEnvs());

describe("a client made from the options", () => {
  it("keeps its connection from request to request, after a large body too", async () => {
    const { server, store } = await scriptedStore();
    server.script(STORED, STORED, object("x"), STORED);
    await store.put("key", LARGE);
    await store.put("key", LARGE, { ifAbsent: true });
    await store.get("key");
    await store.put("key", new Uint8Array(1));
    expect(server.requests.map(({ connection }) => connection)).toEqual([0, 0, 0, 0]);
    for (const { headers } of server.requests) expect(headers).not.toHaveProperty("expect");
  });

  it.each([
    ["no handler", {}],
    ["options of a handler", { requestHandler: { connectionTimeout: 60_000 } }],
  ])("has more requests under way than the SDK's 50, given %s", async (_, options) => {
    const { server, store } = await scriptedStore(options);
    server.otherwise = "hang";
    const gone = new AbortController();
    const signal = gone.signal;
    const gets = Array.from({ length: 200 }, (_, i) => store.get(`key/${i}`, { signal }));
    await server.received(200);
    gone.abort();
    await Promise.allSettled(gets);
  });

  it("uses a handler that is given ready", async () => {
    const handle = async () => {
      throw new Error("as scripted");
    };
    const client = connect({ bucket: BUCKET, ...ON_LOOPBACK, requestHandler: { handle } as never });
    const store = new S3ObjectStore({ bucket: BUCKET, client, maxAttempts: 1 });
    await expect(store.get("key")).rejects.toThrow(/as scripted/);
  });

  it.each(["an option", "the environment"])(
    "adds no checksums for an endpoint of %s, unless told to",
    async (source) => {
      const checksums: string[][] = [];
      for (const told of [{}, { requestChecksumCalculation: "WHEN_SUPPORTED" } as const]) {
        const { server } = await scriptedStore();
        vi.stubEnv("AWS_ENDPOINT_URL_S3", source === "an option" ? undefined : server.url);
        const endpoint = source === "an option" ? { endpoint: server.url } : {};
        const store = new S3ObjectStore({ bucket: BUCKET, ...ON_LOOPBACK, ...endpoint, ...told });
        server.script(STORED, object("x"));
        await store.put("key", LARGE);
        await store.get("key");
        const names = server.requests.flatMap(({ headers }) => Object.keys(headers));
        checksums.push(names.filter((name) => name.includes("checksum")));
      }
      expect(checksums[0]).toEqual([]);
      expect(checksums[1]).toContain("x-amz-checksum-crc32");
    },
  );

  it("leaves Amazon's endpoint the SDK's own checksums", async () => {
    const { config } = connect({ bucket: BUCKET, region: "us-east-1" });
    expect(await config.requestChecksumCalculation()).toBe("WHEN_SUPPORTED");
    expect(await config.responseChecksumValidation()).toBe("WHEN_SUPPORTED");
  });
});

describe("a ready client", () => {
  const open = async () => {
    const server = await ScriptedServer.open();
    onTestFinished(() => server.close());
    return { server, client: new S3Client({ endpoint: server.url, ...ON_LOOPBACK }) };
  };

  it("sends each try once, and asks before no body, though its own settings say otherwise", async () => {
    const { server, client } = await open();
    const settings = {
      clock: new RetryClock(),
      maxAttempts: 2,
      requestTimeout: NO_DEADLINE,
    } as const;
    const store = new S3ObjectStore({ bucket: BUCKET, client, ...settings });
    server.otherwise = failed(503, "SlowDown");
    await expect(store.put("key", LARGE)).rejects.toMatchObject({
      code: "WF_STORE_OUTCOME_UNKNOWN",
    });
    expect(server.requests).toHaveLength(2);
    for (const { headers } of server.requests) {
      expect(headers).not.toHaveProperty("expect");
      expect(headers).not.toHaveProperty("amz-sdk-request");
    }
  });

  it("keeps its settings for its owner", async () => {
    const { server, client } = await open();
    server.otherwise = STORED;
    await new S3ObjectStore({ bucket: BUCKET, client }).put("key", LARGE);
    await client.send(new PutObjectCommand({ Bucket: BUCKET, Key: "key", Body: LARGE }));
    expect(server.requests[1]?.headers).toMatchObject({
      expect: "100-continue",
      "amz-sdk-request": "attempt=1; max=3",
    });
  });

  it("whose steps cannot be left out is used with them", async () => {
    const { server, client } = await open();
    client.middlewareStack.remove("retryMiddleware");
    client.middlewareStack.add((next) => next, { name: "retryMiddleware", step: "build" });
    server.script(STORED);
    await new S3ObjectStore({ bucket: BUCKET, client }).put("key", new Uint8Array(1));
    expect(server.requests).toHaveLength(1);
  });
});
