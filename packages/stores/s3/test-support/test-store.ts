import { ScriptedServer } from "@wf/test-support/scripted-server";
import { onTestFinished } from "vitest";
import { S3ObjectStore, type S3ObjectStoreOptions } from "../src/index.ts";
import { NO_DEADLINE, RetryClock } from "./retry-clock.ts";

/** What a client needs to speak to a server on loopback. */
export const ON_LOOPBACK = {
  region: "us-east-1",
  forcePathStyle: true,
  credentials: { accessKeyId: "wf-test", secretAccessKey: "wf-test-secret" },
} as const;

export const BUCKET = "wf-test-bucket";

/** A store in {@link BUCKET} of the server at `endpoint`. */
export function storeAt(
  endpoint: string,
  options: Partial<S3ObjectStoreOptions> = {},
): S3ObjectStore {
  return new S3ObjectStore({ bucket: BUCKET, endpoint, ...ON_LOOPBACK, ...options });
}

/** A store over a scripted server, on a clock without waits, until the test is over. */
export async function scriptedStore(options: Partial<S3ObjectStoreOptions> = {}) {
  const server = await ScriptedServer.open();
  onTestFinished(() => server.close());
  const clock = new RetryClock();
  const settings = { clock, random: () => 1, requestTimeout: NO_DEADLINE, ...options } as const;
  return { server, clock, store: storeAt(server.url, settings) };
}
