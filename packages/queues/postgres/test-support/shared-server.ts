import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isMainThread } from "node:worker_threads";
import pg from "pg";
import { findPostgres } from "./find-postgres.ts";

const KEEPER = fileURLToPath(new URL("./server-keeper.ts", import.meta.url));
const START_TIMEOUT_MS = 90_000;

export interface SharedServer {
  readonly port: number;
  url(user?: string, database?: string): string;
  query(sql: string, values?: unknown[]): Promise<pg.QueryResult>;
}

/**
 * The server that all tests of this run share, started by the first that asks. Undefined, having said why, where this
 * machine has none; in CI that fails.
 */
export async function sharedServer(): Promise<SharedServer | undefined> {
  if (findPostgres() === undefined) {
    const reason = "no PostgreSQL on the PATH, in /usr/lib/postgresql or in WF_POSTGRES_BIN";
    if (process.env["CI"] !== undefined) throw new Error(`${reason}: install one`);
    process.stderr.write(`tests on PostgreSQL are skipped: ${reason}\n`);
    return undefined;
  }
  // The test runner itself, which outlives its workers.
  const run = isMainThread ? process.ppid : process.pid;
  const file = join(tmpdir(), `wf-postgres-${run}`);
  if (isFirst(`${file}.lock`)) {
    spawn(process.execPath, [KEEPER, `${run}`, file], { detached: true, stdio: "ignore" }).unref();
  }
  const port = await portIn(file);
  const url = (user = "postgres", database = "postgres") =>
    `postgresql://${user}@127.0.0.1:${port}/${database}`;
  return {
    port,
    url,
    async query(sql, values) {
      const client = new pg.Client({ connectionString: url() });
      await client.connect();
      return await client.query(sql, values).finally(() => client.end());
    },
  };
}

function isFirst(lock: string): boolean {
  try {
    mkdirSync(lock);
    return true;
  } catch {
    return false;
  }
}

async function portIn(file: string): Promise<number> {
  for (const start = Date.now(); Date.now() - start < START_TIMEOUT_MS; ) {
    if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8")).port;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("the shared PostgreSQL server did not start");
}
