import pg from "pg";
import type { PostgresPool } from "./client.ts";
import { TUNING } from "./session.ts";

const CONNECT_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_MS = 10_000;

/** A pool of the queue's own, whose connections have the settings that its plans need. */
export function makePool(connectionString: string, connections: number): PostgresPool {
  const pool = new pg.Pool({
    connectionString,
    max: connections,
    pipeline: true,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    fallback_application_name: "wf",
    onConnect: async (client) => {
      await client.query(TUNING.map((setting) => `SET ${setting}`).join(";"));
    },
  });
  // Of connections that are lost while nobody uses them, which are replaced when they are needed.
  pool.on("error", () => {});
  return pool;
}
