import pg from "pg";
import { PgBoss } from "pg-boss";
import { inParallel } from "../load.ts";
import { type Contender, text } from "./contender.ts";
import { untilNone } from "./until-none.ts";

export const contender: Contender = {
  server: "postgres",
  states:
    "send, work in batches that are fetched and completed as a whole, again at once while they come back full, " +
    "LISTEN/NOTIFY, polling each 0.5 s beside it, pool of 30. synchronous_commit: a send and a completion are " +
    "answered after fsync. Many worker machines.",
  async open({ url }, { callers, workers, payloadBytes }) {
    const boss = new PgBoss({
      connectionString: url,
      max: 30,
      useListenNotify: true,
      supervise: false,
      schedule: false,
    });
    boss.on("error", (error) => console.error(error));
    await boss.start();
    await boss.createQueue("jobs", { notify: true });
    const options = {
      batchSize: workers,
      pollingIntervalSeconds: 0.5,
      notifyPollingIntervalSeconds: 0.5,
      burstWhenBatchFull: true,
    };
    await boss.work("jobs", options, async () => {});
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const data = { payload: text(payloadBytes) };
    return {
      async work(count) {
        await inParallel(count, callers, () => boss.send("jobs", data));
        await untilNone(
          client,
          "SELECT 1 FROM pgboss.job WHERE name = 'jobs' AND state < 'completed'",
        );
      },
      async close() {
        await client.end();
        await boss.stop({ graceful: false });
      },
    };
  },
};
