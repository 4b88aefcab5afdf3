/**
 * Moves a queue from an object store to PostgreSQL, or undoes that. Interrupted, it is run again. It ends with an
 * exit code of 1 where it could not, having said why.
 */
import { parseArgs } from "node:util";
import { type Clock, describeError, type ObjectStore, systemClock, WfError } from "@wf/core";
import { type MoveResult, moveQueue, undoMove } from "@wf/queue-postgres/move";
import { absoluteStoreUrl, openStore, STORE_URLS } from "../examples/store-url/src/index.ts";

const USAGE = `npm run move-queue -- --store URL --prefix PREFIX --to postgres://... [options]

  --store URL      where the queue is, one of
${STORE_URLS.replaceAll(/^/gm, "                   ")}
  --prefix PREFIX  what the program opens the queue with
  --to URL         the PostgreSQL database
  --schema SCHEMA  for the queue's tables; default wf
  --undo           bring the queue back, as it was when it was moved
  --discard        with --undo: also where the queue in the database was worked on since
  --gone           with --undo, in place of --to: the database is lost, and nothing will ever run on it
`;

export interface Command {
  readonly store: string;
  readonly prefix: string;
  readonly to: { readonly connectionString: string; readonly schema: string } | "gone";
  readonly undo: boolean;
  readonly discard: boolean;
}

/** @throws Error where they are not what {@link USAGE} says */
export function parseCommand(given: readonly string[]): Command {
  const { values } = parseArgs({
    args: [...given],
    options: {
      store: { type: "string" },
      prefix: { type: "string" },
      to: { type: "string" },
      schema: { type: "string", default: "wf" },
      undo: { type: "boolean", default: false },
      discard: { type: "boolean", default: false },
      gone: { type: "boolean", default: false },
    },
  });
  const { store, prefix, to, schema, undo, discard, gone } = values;
  if (store === undefined || prefix === undefined) throw new Error("give --store and --prefix");
  if (!undo && (discard || gone)) throw new Error("--discard and --gone go with --undo");
  if (gone ? to !== undefined : to === undefined) throw new Error("give either --to or --gone");
  const place = to === undefined ? ("gone" as const) : { connectionString: to, schema };
  return { store, prefix, to: place, undo, discard };
}

/** Does what the command says, and says what it did. */
export async function run(
  { prefix, to, undo, discard }: Command,
  store: ObjectStore,
  clock: Clock = systemClock,
): Promise<string> {
  const from = { store, prefix };
  const startedAt = clock.now();
  const seconds = () => `${((clock.now() - startedAt) / 1_000).toFixed(1)} s`;
  if (undo) {
    await undoMove({ from, to, discard });
    return `undone in ${seconds()}: the queue at ${prefix} opens again`;
  }
  if (to === "gone") throw new Error("give --to");
  const result = await moveQueue({ from, to });
  const done = result.copied
    ? `moved in ${seconds()}`
    : "was moved before, and there was nothing left to copy";
  return `${done}: ${summary(result)}\nfrom now on it is opened in schema "${to.schema}"; at ${prefix} it is refused`;
}

function summary(result: MoveResult): string {
  const { pending, scheduled, dying, done, dead, queues, entries } = result;
  const jobs = pending + scheduled + dying + done + dead;
  return (
    `${queues} queues, ${jobs} jobs (${pending} pending, ${scheduled} scheduled, ${done} done, ${dead} dead` +
    `${dying > 0 ? `, ${dying} to die of their last attempt` : ""}), ${entries} KV entries`
  );
}

async function main(): Promise<void> {
  let command: Command;
  try {
    command = parseCommand(process.argv.slice(2));
  } catch (error) {
    console.error(`${describeError(error)}\n\n${USAGE}`);
    process.exitCode = 2;
    return;
  }
  try {
    const store = await openStore(absoluteStoreUrl(command.store, process.cwd()));
    console.log(await run(command, store));
  } catch (error) {
    const code = WfError.is(error) ? `${error.code}: ` : "";
    console.error(`${code}${describeError(error)}`);
    process.exitCode = 1;
  }
}

if (import.meta.main) await main();
