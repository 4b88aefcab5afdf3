import process from "node:process";
import type { Chunk } from "./pool.ts";
import { runSeeds } from "./tally.ts";

// Traces of the stacks of injected faults cost more than all the rest.
Error.stackTraceLimit = 0;

process.on("message", async ({ first, count }: Chunk) => {
  process.send?.(await runSeeds(first, count));
});
