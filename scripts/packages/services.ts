import { tmpdir } from "node:os";
import { join } from "node:path";
import { CLOUDS } from "@wf/test-support/servers/cloud-servers";
import type { Unavailable } from "@wf/test-support/servers/loopback-server";
import { PostgresServer } from "../../packages/queues/postgres/test-support/postgres-server.ts";

/** What the example of a README needs to run: a server, and how to find it. */
export interface Service {
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** What the READMEs call their bucket or container. */
const BUCKETS: readonly string[] = ["my-bucket", "my-container"];

/** By the name of the package: a server, or why there is none. @throws in CI where there is none */
export async function startServices(): Promise<Map<string, Service | Unavailable>> {
  const services = new Map<string, Service | Unavailable>();
  for (const { store, start } of CLOUDS) {
    const server = await start({ install: true });
    services.set(store, server);
    if ("unavailable" in server) continue;
    for (const bucket of BUCKETS) await server.createBucket(bucket);
  }
  services.set("@wf/queue-postgres", await startPostgres());
  return services;
}

async function startPostgres(): Promise<Service | Unavailable> {
  const directory = join(tmpdir(), `wf-packages-postgres-${process.pid}`);
  const server = await PostgresServer.start({ directory });
  if (server === undefined) {
    const unavailable =
      "this machine has no PostgreSQL: put its programs on the PATH, or name their directory in WF_POSTGRES_BIN";
    if (process.env["CI"]) throw new Error(unavailable);
    return { unavailable };
  }
  return { env: { DATABASE_URL: server.url() }, stop: () => server.remove() };
}
