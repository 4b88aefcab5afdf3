import { type Answer, ScriptedServer } from "@wf/test-support/scripted-server";
import { onTestFinished } from "vitest";
import { GcsObjectStore, type GcsObjectStoreOptions } from "../src/index.ts";

/** A server that answers so in turn, until the test is over. */
export async function openServer(...answers: readonly Answer[]): Promise<ScriptedServer> {
  const server = await ScriptedServer.open();
  onTestFinished(() => server.close());
  server.script(...answers);
  return server;
}

/** A store on such a server. It repeats at once, unless `options` say otherwise. */
export async function scriptedStore(
  answers: readonly Answer[],
  options: Partial<GcsObjectStoreOptions> = {},
): Promise<{ store: GcsObjectStore; server: ScriptedServer }> {
  const server = await openServer(...answers);
  const store = new GcsObjectStore({
    bucket: "some-bucket",
    apiEndpoint: server.url,
    retryBackoff: { base: 0 },
    ...options,
  });
  return { store, server };
}
