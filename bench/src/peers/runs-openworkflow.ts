import { OpenWorkflow } from "openworkflow";
import { BackendPostgres } from "openworkflow/postgres";
import pg from "pg";
import { inParallel } from "../load.ts";
import { type Contender, text } from "./contender.ts";
import { untilNone } from "./until-none.ts";

export const contender: Contender = {
  server: "postgres",
  states:
    "workflow.run, one worker with concurrency, five step.run each, the library's own pool of 10. " +
    "synchronous_commit: a start, a step's result and the end are answered after fsync. The worker polls, at " +
    "once while there is work, else each 0.1 to 1 s. Many worker machines.",
  async open({ url }, { callers, workers, payloadBytes }) {
    const backend = await BackendPostgres.connect(url);
    const openWorkflow = new OpenWorkflow({ backend });
    const flow = openWorkflow.defineWorkflow<string, string>(
      { name: "five-steps" },
      async ({ input, step }) => {
        let value = input;
        for (let number = 0; number < 5; number++) {
          value = await step.run({ name: `step-${number}` }, async () => input);
        }
        return value;
      },
    );
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const worker = openWorkflow.newWorker({ concurrency: workers });
    let stopped: Promise<void> | undefined;
    const payload = text(payloadBytes);
    return {
      async work(count) {
        await stopped;
        // Started anew, so that it is not in one of its waits when the work comes.
        await worker.start();
        await inParallel(count, callers, () => flow.run(payload));
        await untilNone(
          client,
          `SELECT 1 FROM openworkflow.workflow_runs WHERE status IN ('pending', 'running', 'sleeping')`,
        );
        stopped = worker.stop();
      },
      async close() {
        await stopped;
        await client.end();
        await backend.stop();
      },
    };
  },
};
