/**
 * What it shows: work on real documents goes on as if nothing had happened when its process is killed, and
 * nothing that was paid for is paid for again, except what was in flight at that moment.
 *
 * How to run it: `npm run demo`, or with arguments `npm run demo -- DIRECTORY --kills 10`.
 *
 * What to kill: it kills its own worker. `kill -9` the process of worker.ts to add kills of your own.
 */

import { stat } from "node:fs/promises";
import path from "node:path";
import { absoluteStoreUrl } from "@wf/example-store-url";
import { runDemo } from "./demo.ts";
import { DemoError, UsageError } from "./demo-error.ts";
import { type DemoOptions, parseOptions, USAGE } from "./options.ts";
import { killChildrenAtExit } from "./supervisor/child-processes.ts";

const REPOSITORY = path.resolve(import.meta.dirname, "../../..");
const WORK_DIRECTORY = path.resolve(import.meta.dirname, "../.wf");

try {
  const command = parseOptions(process.argv.slice(2));
  if (command.kind === "help") console.log(USAGE);
  else process.exitCode = await run(command);
} catch (error) {
  console.error(error instanceof DemoError ? `demo: ${error.message}` : error);
  if (error instanceof UsageError) console.error("\n--help says what can be given.");
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

async function run(options: DemoOptions): Promise<number> {
  killChildrenAtExit();
  const succeeded = await runDemo({
    root: await documentRoot(options.directory),
    documents: options.documents,
    kills: options.kills,
    seed: options.seed ?? Math.floor(Math.random() * 2 ** 32),
    workParent: WORK_DIRECTORY,
    queue: options.queue,
    store: options.store && absoluteStoreUrl(options.store, userDirectory()),
    display,
  });
  return succeeded ? 0 : 1;
}

/** Relative to where the user is, for a path below it. */
function display(file: string): string {
  const relative = path.relative(userDirectory(), file);
  return relative.startsWith("..") ? file : relative || ".";
}

/** npm runs a script in the package's directory and tells where the user is in INIT_CWD. */
function userDirectory(): string {
  const { INIT_CWD } = process.env;
  return INIT_CWD ?? process.cwd();
}

async function documentRoot(given: string | undefined): Promise<string> {
  const root =
    given === undefined
      ? path.join(REPOSITORY, "node_modules/.pnpm")
      : path.resolve(userDirectory(), given);
  const found = await stat(root).catch(() => undefined);
  if (!found?.isDirectory()) {
    const hint = given === undefined ? "run `npm run setup` first, or name a directory" : "";
    throw new UsageError(`${root} is no directory${hint && `: ${hint}`}`);
  }
  return root;
}
