import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { cp } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { BlobServiceClient } from "@azure/storage-blob";
import { type Program, runQuietly } from "../server-cache.ts";
import {
  type LoopbackServer,
  type StartOptions,
  startProgram,
  type Unavailable,
} from "./loopback-server.ts";

/** The account and key that every Azurite has. */
const ACCOUNT = "devstoreaccount1";
const KEY =
  "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/** What npm installs of Azurite, with the versions of all that it needs. */
const RECIPE = fileURLToPath(new URL("./azurite/", import.meta.url));
const NPM_CI = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
const MAIN = "node_modules/azurite/dist/src/blob/main.js";
const FLAGS = [
  ...["--blobHost", "127.0.0.1", "--inMemoryPersistence", "--disableTelemetry", "--silent"],
  // The client speaks a newer version of the API than Azurite knows.
  "--skipApiVersionCheck",
];

export async function startAzureServer(
  options: StartOptions = {},
): Promise<LoopbackServer | Unavailable> {
  const commandOf = (main: string) => ({
    program: process.execPath,
    args: (port: number) => [main, ...FLAGS, "--blobPort", String(port)],
  });
  const server = await startProgram(azurite(), commandOf, options);
  if ("unavailable" in server) return server;
  const connectionString = connectionStringOf(server.origin);
  const client = BlobServiceClient.fromConnectionString(connectionString);
  return {
    ...server,
    name: "Azurite",
    env: { AZURE_STORAGE_CONNECTION_STRING: connectionString },
    async createBucket(name) {
      await client.createContainer(name);
    },
  };
}

/** How the account is reached at an origin: that of the server, or of a proxy before it. */
export function connectionStringOf(origin: string): string {
  return (
    `DefaultEndpointsProtocol=http;AccountName=${ACCOUNT};AccountKey=${KEY};` +
    `BlobEndpoint=${origin}/${ACCOUNT}`
  );
}

function azurite(): Program {
  const versions = readFileSync(new URL("./azurite/package-lock.json", import.meta.url));
  const digest = createHash("sha256").update(versions).digest("hex").slice(0, 12);
  return {
    name: `azurite-${digest}`,
    file: MAIN,
    async install(directory) {
      await cp(RECIPE, directory, { recursive: true });
      await runQuietly("npm", NPM_CI, { cwd: directory });
    },
  };
}
