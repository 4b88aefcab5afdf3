import { Logger, makeWorkerUtils, run } from "graphile-worker";
import pg from "pg";
import { inParallel } from "../load.ts";
import { type Contender, text } from "./contender.ts";
import { untilNone } from "./until-none.ts";

const silent = new Logger(() => () => {});

export const contender: Contender = {
  server: "postgres",
  states:
    "addJob, run with concurrency, a local queue of one more than that, completions that wait 0 ms for company, " +
    "LISTEN/NOTIFY, polling each 2 s beside it, pool of 10. synchronous_commit: an addJob and a completion are " +
    "answered after fsync. Many worker machines.",
  async open({ url }, { callers, workers, payloadBytes }) {
    const pgPool = new pg.Pool({ connectionString: url, max: 10 });
    const report = (error: Error) => console.error(error);
    pgPool.on("error", report).on("connect", (client) => client.on("error", report));
    const utils = await makeWorkerUtils({ pgPool, logger: silent });
    await utils.migrate();
    const runner = await run({
      pgPool,
      logger: silent,
      noHandleSignals: true,
      taskList: { job: async () => {} },
      preset: {
        worker: {
          concurrentJobs: workers,
          localQueue: { size: workers + 1 },
          completeJobBatchDelay: 0,
          failJobBatchDelay: 0,
        },
      },
    });
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const data = { payload: text(payloadBytes) };
    return {
      async work(count) {
        await inParallel(count, callers, () => utils.addJob("job", data));
        await untilNone(client, "SELECT 1 FROM graphile_worker.jobs");
      },
      async close() {
        await runner.stop();
        await client.end();
        await utils.release();
        await pgPool.end();
      },
    };
  },
};
