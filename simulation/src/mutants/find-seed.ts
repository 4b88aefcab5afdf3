/** Runs seeds from 1 on until one fails: `node find-seed.ts MOST`. */
import process from "node:process";
import { print } from "../cli/print.ts";
import { runSeeds } from "../cli/tally.ts";

Error.stackTraceLimit = 0;
const most = Number(process.argv[2]);
for (let seed = 1; seed <= most; seed++) {
  const [failure] = (await runSeeds(seed, 1)).failures;
  if (failure === undefined) continue;
  print(`seed ${seed}: ${failure.message.split("\n")[0]}`);
  process.exit(1);
}
