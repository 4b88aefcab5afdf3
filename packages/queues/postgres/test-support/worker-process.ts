/**
 * A worker in a process of its own: `node worker-process.ts <url> <schema> <what>`. Tells its parent of each delivery.
 *
 * `work` acknowledges every job with a mark that expects that there is none; `hang` keeps the first that it is given
 * and takes no other.
 */
import { runWorker } from "@wf/core";
import { PostgresQueue } from "@wf/queue-postgres";

const [url, schema, what] = process.argv.slice(2) as [string, string, "work" | "hang"];
// Not without the one who asked.
process.on("disconnect", () => process.exit(1));

const queue = await PostgresQueue.open({
  connectionString: url,
  schema,
  connections: 4,
  queues: { jobs: { maxAttempts: 1_000 } },
});
await runWorker(
  queue,
  "jobs",
  async ({ job }) => {
    process.send?.(job.id);
    if (what === "hang") await new Promise<never>(() => {});
    const mark = `done/${job.id}`;
    return { expect: { [mark]: undefined }, put: { [mark]: Buffer.from(`${process.pid}`) } };
  },
  { concurrency: what === "hang" ? 1 : 4, lease: "1s", signal: new AbortController().signal },
);
