import { randomUUID } from "node:crypto";
import { PostgresQueue, type QueueConfig } from "@wf/queue-postgres";
import pg from "pg";

export interface OpenedPostgres extends AsyncDisposable {
  readonly queue: PostgresQueue;
}

/** A queue in a schema of its own, which is dropped at the end. */
export async function openPostgres(
  connectionString: string,
  queues: Readonly<Record<string, QueueConfig>> = {},
): Promise<OpenedPostgres> {
  const schema = `wf_bench_${randomUUID().replaceAll("-", "")}`;
  const queue = await PostgresQueue.open({ connectionString, schema, queues });
  return {
    queue,
    async [Symbol.asyncDispose]() {
      await queue.close();
      const client = new pg.Client({ connectionString });
      await client.connect();
      await client.query(`DROP SCHEMA ${schema} CASCADE`);
      await client.end();
    },
  };
}
