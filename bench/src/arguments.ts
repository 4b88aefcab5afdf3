import { parseArgs } from "node:util";

export interface Arguments {
  readonly list: boolean;
  readonly check: boolean;
  readonly peers: boolean;
  readonly record: boolean;
  /** A PostgreSQL server to ask the questions about PostgreSQL on, and no others. */
  readonly queue: string | undefined;
  /** Only questions, or peer comparisons, with one of these names; all when empty. */
  readonly only: readonly string[];
  readonly json: string | undefined;
  /** A directory for CPU profiles. */
  readonly profile: string | undefined;
}

export const USAGE = `npm run bench -- [options]

  --list        name the questions and end
  --only NAME   ask this question only; may be repeated
  --check       end with an exit code of 1 when a budget is missed
  --peers       compare with what people use instead; needs redis-server and PostgreSQL on this machine
  --queue URL   ask what PostgreSQL can do as a queue, on the server at postgres://...
  --json FILE   where the figures go as JSON; default bench/latest.json
  --profile DIR write CPU profiles there, and print the functions that took the most; slows down
  --record      add the run to bench/RESULTS.md
`;

/** @throws where an option is unknown, or names a question that there is not */
export function parseArguments(args: readonly string[], names: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      list: { type: "boolean", default: false },
      check: { type: "boolean", default: false },
      peers: { type: "boolean", default: false },
      record: { type: "boolean", default: false },
      only: { type: "string", multiple: true, default: [] },
      queue: { type: "string" },
      json: { type: "string" },
      profile: { type: "string" },
    },
  });
  for (const name of values.only) {
    if (!names.includes(name)) {
      throw new Error(`there is no question "${name}"; there are ${names.join(", ")}`);
    }
  }
  if (values.queue !== undefined && !/^postgres(ql)?:\/\//.test(values.queue)) {
    throw new Error(`--queue is "${values.queue}": give the URL of a server, postgres://...`);
  }
  const { queue, json, profile } = values;
  return { ...values, queue, json, profile };
}
