import { parseArgs } from "node:util";
import { STORE_URLS } from "@wf/example-store-url";
import { UsageError } from "./demo-error.ts";

/** What the demo is asked to do. */
export interface DemoOptions {
  /** As given; undefined: the packages installed in this repository. */
  readonly directory: string | undefined;
  readonly documents: number;
  readonly kills: number;
  /** Decides when the worker is killed; undefined: a new one. */
  readonly seed: number | undefined;
  /** Where the demo keeps everything, below a name of its own; undefined: in a directory. */
  readonly store: string | undefined;
  /** A PostgreSQL server to have the queue on; undefined: the queue is in the store. */
  readonly queue: string | undefined;
}

export type Command = { readonly kind: "help" } | ({ readonly kind: "run" } & DemoOptions);

const MAX_DOCUMENTS = 5_000;
const MAX_KILLS = 100;
const MAX_SEED = 2 ** 32 - 1;

export const USAGE = `usage: npm run demo [-- DIRECTORY] [--documents N] [--kills K] [--seed S] [--store URL] [--queue URL]

Analyses Markdown documents section by section with a paid service, while the worker process is
killed (SIGKILL) and started again, and checks that nothing was lost and nothing needlessly paid twice.

  DIRECTORY      where to look for *.md and *.markdown files; default: the packages installed here
  --documents N  at most so many documents, 1 to ${MAX_DOCUMENTS}; default 200
  --kills K      how often the worker is killed, 0 to ${MAX_KILLS}; default 5
  --seed S       decides the moments of the kills, 0 to ${MAX_SEED}; default: a new one, printed
  --store URL    where everything is kept; default: a directory of the demo's own. One of
${STORE_URLS.replaceAll(/^/gm, " ".repeat(19))}
  --queue URL    postgres://... to have the queue there; default: in the store
  --help         print this`;

/** @throws UsageError naming the argument and what it allows */
export function parseOptions(args: readonly string[]): Command {
  const { values, positionals } = parse(args);
  if (values.help === true) return { kind: "help" };
  if (positionals.length > 1) {
    throw new UsageError(`give one directory, not ${positionals.length}: ${positionals.join(" ")}`);
  }
  if (positionals[0] === "") throw new UsageError("the directory is an empty string");
  return {
    kind: "run",
    directory: positionals[0],
    documents: wholeNumber("--documents", values.documents, 1, MAX_DOCUMENTS) ?? 200,
    kills: wholeNumber("--kills", values.kills, 0, MAX_KILLS) ?? 5,
    seed: wholeNumber("--seed", values.seed, 0, MAX_SEED),
    store: values.store,
    queue: postgresUrl(values.queue),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        documents: { type: "string" },
        kills: { type: "string" },
        seed: { type: "string" },
        store: { type: "string" },
        queue: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function postgresUrl(text: string | undefined): string | undefined {
  if (text === undefined || /^postgres(ql)?:\/\//.test(text)) return text;
  throw new UsageError(
    `--queue is ${JSON.stringify(text)}: give the URL of a server, postgres://...`,
  );
}

function wholeNumber(
  name: string,
  text: string | undefined,
  least: number,
  most: number,
): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) {
    throw new UsageError(
      `${name} is ${JSON.stringify(text)}: give a whole number from ${least} to ${most}`,
    );
  }
  return value;
}
