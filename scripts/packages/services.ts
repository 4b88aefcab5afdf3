import { tmpdir } from "node:os";
import { join } from "node:path";
import { CLOUDS } from "@wf/test-support/servers/cloud-servers";
import { PostgresServer } from "../../packages/queues/postgres/test-support/postgres-server.ts";

/** What the example of a README needs to run: a server, and how to find it. */
export interface Service {
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** What the READMEs call their bucket or container. */
const BUCKETS: readonly string[] = ["my-bucket", "my-container"];

/** By the name of the package. A server that cannot be had is left out, with the reason printed; in CI it fails. */
export async function startServices(): Promise<Map<string, Service>> {
  const services = new Map<string, Service>();
  for (const { store, start } of CLOUDS) {
    const server = await start({ install: true });
    if ("unavailable" in server) continue;
    for (const bucket of BUCKETS) await server.createBucket(bucket);
    services.set(store, server);
  }
  const postgres = await startPostgres();
  if (postgres !== undefined) services.set("@wf/queue-postgres", postgres);
  return services;
}

async function startPostgres(): Promise<Service | undefined> {
  const directory = join(tmpdir(), `wf-packages-postgres-${process.pid}`);
  const server = await PostgresServer.start({ directory });
  if (server === undefined) return undefined;
  return { env: { DATABASE_URL: server.url() }, stop: () => server.remove() };
}
