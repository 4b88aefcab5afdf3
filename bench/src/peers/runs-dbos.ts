import { DBOS } from "@dbos-inc/dbos-sdk";
import { inParallel } from "../load.ts";
import { type Contender, text } from "./contender.ts";

export const contender: Contender = {
  server: "postgres",
  states:
    "startWorkflow and getResult in the process that runs it, five runStep each, its own pool of 10. " +
    "synchronous_commit: a start, a step's result and the end are answered after fsync. No polling.",
  async open({ url }, { callers, payloadBytes }) {
    DBOS.setConfig({
      name: "bench",
      systemDatabaseUrl: url,
      logLevel: "error",
    });
    const flow = DBOS.registerWorkflow(
      async (payload: string) => {
        let value = payload;
        for (let step = 0; step < 5; step++) {
          value = await DBOS.runStep(async () => payload, { name: `step-${step}` });
        }
        return value;
      },
      { name: "five-steps" },
    );
    await DBOS.launch();
    const payload = text(payloadBytes);
    return {
      async work(count) {
        await inParallel(count, callers, async () => {
          const run = await DBOS.startWorkflow(flow)(payload);
          await run.getResult();
        });
      },
      close: () => DBOS.shutdown(),
    };
  },
};
