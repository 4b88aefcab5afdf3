import { setImmediate as turn } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { AzureBlobObjectStore, type AzureBlobObjectStoreOptions } from "../src/index.ts";
import { CONTAINER, ScriptedService } from "./scripted-service.ts";

/** A store on a scripted service of its own, which tries once unless it is told to try more often. */
export async function scriptedStore(
  options: Partial<AzureBlobObjectStoreOptions> = {},
): Promise<{ service: ScriptedService; store: AzureBlobObjectStore }> {
  const service = await ScriptedService.open();
  onTestFinished(() => service.server.close());
  const store = new AzureBlobObjectStore({
    container: CONTAINER,
    connectionString: service.connectionString,
    maxAttempts: 1,
    retryBackoff: { base: 0 },
    ...options,
  });
  return { service, store };
}

/** Lets what is under way come to its next wait. */
export async function turns(count = 50): Promise<void> {
  for (let i = 0; i < count; i++) await turn();
}
