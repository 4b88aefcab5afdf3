/** The same work through wf and through what people use instead, in one run on one machine. */
import { fork } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MODULE_EXTENSION } from "../extension.ts";
import { median } from "../statistics.ts";
import { formatValue } from "../table.ts";
import type { Measured } from "../verdict.ts";
import type { Contest, ContestResult } from "./contend.ts";
import { type Load, readContender } from "./contender.ts";
import { type Server, type ServerKind, startServer } from "./servers.ts";

interface Comparison {
  readonly unit: string;
  /**
   * Jobs or runs that are handed over and worked off at a time. With more, the backlog that builds up slows some
   * of the peers down.
   */
  readonly count: number;
  /** By name: the file. */
  readonly contenders: Readonly<Record<string, string>>;
}

const ROUNDS = 3;
const CONTEST_TIMEOUT_MS = 300_000;
const LOAD: Load = { callers: 300, workers: 300, payloadBytes: 64 };

const ALL: Readonly<Record<string, Comparison>> = {
  "peers-queue": {
    unit: "jobs/s",
    count: 5_000,
    contenders: {
      wf: "queue-wf",
      "wf on PostgreSQL": "queue-wf-postgres",
      bullmq: "queue-bullmq",
      "pg-boss": "queue-pg-boss",
      "graphile-worker": "queue-graphile-worker",
    },
  },
  "peers-runs": {
    unit: "runs/s",
    count: 1_000,
    contenders: {
      wf: "runs-wf",
      "wf on PostgreSQL": "runs-wf-postgres",
      dbos: "runs-dbos",
      openworkflow: "runs-openworkflow",
    },
  },
};

export const COMPARISONS: readonly string[] = Object.keys(ALL);

export interface Compared {
  readonly figures: readonly Measured[];
  readonly failures: readonly string[];
  readonly notes: string;
}

/** Runs the comparisons of these names, with servers of its own that are stopped at the end. */
export async function comparePeers(names: readonly string[]): Promise<Compared> {
  const directory = mkdtempSync(join(tmpdir(), "wf-bench-peers-"));
  // The user that PostgreSQL runs as has to come through.
  chmodSync(directory, 0o755);
  const servers = new Map<ServerKind, Server | undefined>();
  const cleanUp = async () => {
    for (const server of servers.values()) await server?.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => cleanUp().finally(() => process.exit(1)));
  }
  try {
    for (const kind of ["redis", "postgres"] as const) {
      servers.set(kind, await startServer(kind, join(directory, kind)));
    }
    const parts: Compared[] = [];
    for (const name of names) {
      parts.push(await compare(name, ALL[name] as Comparison, servers, directory));
    }
    return {
      figures: parts.flatMap(({ figures }) => figures),
      failures: parts.flatMap(({ failures }) => failures),
      notes: parts.map(({ notes }) => notes).join("\n\n"),
    };
  } finally {
    await cleanUp();
  }
}

async function compare(
  question: string,
  { unit, count, contenders }: Comparison,
  servers: ReadonlyMap<ServerKind, Server | undefined>,
  directory: string,
): Promise<Compared> {
  const failures: string[] = [];
  const notes = [
    `${question}: ${count.toLocaleString("en")} ${unit.split("/")[0]}, again until 3 s have passed; ` +
      `${LOAD.callers} callers, ${LOAD.workers} at once, ${LOAD.payloadBytes} bytes; median of ${ROUNDS} rounds ` +
      "in alternating order, each in a fresh process on empty data, after one tenth as much that is not " +
      "measured. Servers share the machine.",
  ];
  const rates = new Map<string, number[]>();
  for (const [name, file] of Object.entries(contenders)) {
    const { server: kind, states } = await readContender(file);
    const server = kind && servers.get(kind);
    if (kind !== undefined && server === undefined) {
      notes.push(`- ${name}: SKIPPED, there is no ${kind} on this machine`);
    } else {
      notes.push(`- ${name}${server ? ` on ${server.version}` : ""}: ${states}`);
      rates.set(name, []);
    }
  }
  for (let round = 0; round < ROUNDS; round++) {
    const order = [...rates.keys()];
    if (round % 2 === 1) order.reverse();
    for (const name of order) {
      const file = contenders[name] as string;
      try {
        const rate = await contest(`${file}-${round}`, file, count, servers, directory);
        rates.get(name)?.push(rate);
        console.log(`${question}, round ${round + 1}: ${name} ${formatValue(rate)} ${unit}`);
      } catch (error) {
        failures.push(`${question}, ${name} failed: ${error}`);
      }
    }
  }
  return { figures: figuresOf(question, unit, rates), failures, notes: notes.join("\n") };
}

const OURS: readonly string[] = ["wf", "wf on PostgreSQL"];

/** The medians, and what wf makes of each peer's: the median over the rounds of the ratio in one round. */
export function figuresOf(
  question: string,
  unit: string,
  rates: ReadonlyMap<string, readonly number[]>,
): Measured[] {
  const figures: Measured[] = [];
  for (const [name, theirs] of rates) {
    if (theirs.length === 0) continue;
    figures.push({ question, name, value: median(theirs), unit });
    if (OURS.includes(name)) continue;
    for (const our of OURS) {
      const ours = rates.get(our) ?? [];
      if (theirs.length !== ours.length) continue;
      const ratios = theirs.map((rate, round) => (ours[round] as number) / rate);
      figures.push({ question, name: `${our} over ${name}`, value: median(ratios), unit: "×" });
    }
  }
  return figures;
}

async function contest(
  name: string,
  file: string,
  count: number,
  servers: ReadonlyMap<ServerKind, Server | undefined>,
  parent: string,
): Promise<number> {
  const { server: kind } = await readContender(file);
  const server = kind && servers.get(kind);
  const url = (await server?.place(name)) ?? "";
  const directory = join(parent, name);
  mkdirSync(directory);
  try {
    return await inFreshProcess({
      file,
      place: { url, directory },
      warmUp: count / 10,
      count,
      load: LOAD,
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function inFreshProcess(contest: Contest): Promise<number> {
  const child = fork(
    new URL(`contend${MODULE_EXTENSION}`, import.meta.url),
    [JSON.stringify(contest)],
    {
      execArgv: [...process.execArgv, "--no-deprecation"],
      timeout: CONTEST_TIMEOUT_MS,
    },
  );
  return new Promise((resolve, reject) => {
    let result: ContestResult | undefined;
    child.on("message", (message: ContestResult) => {
      result = message;
    });
    child.on("error", reject);
    child.on("exit", (code, signal) => {
      if (result !== undefined && "perSecond" in result) resolve(result.perSecond);
      else reject(new Error(result?.error ?? `the process ended with ${signal ?? code}`));
    });
  });
}
