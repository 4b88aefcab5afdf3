import { fork } from "node:child_process";
import type { Report } from "./child.ts";
import { MODULE_EXTENSION } from "./extension.ts";
import type { Figure } from "./question.ts";

export interface FreshProcess {
  readonly name: string;
  readonly part?: string | undefined;
  readonly input?: unknown;
  readonly directory: string;
  readonly queueUrl: string;
  /** Where to put CPU profiles; none without it. */
  readonly profileTo?: string | undefined;
}

/** Longer than this, something hangs. */
const TIMEOUT_MS = 300_000;

/** Runs a question or a part of one in a process of its own, so that memory and compiled code are its own. */
export function runFresh(what: FreshProcess, onFigure: (figure: Figure) => void): Promise<unknown> {
  const child = fork(new URL(`child${MODULE_EXTENSION}`, import.meta.url), [JSON.stringify(what)], {
    execArgv: [...process.execArgv, ...profiling(what)],
    timeout: TIMEOUT_MS,
  });
  return new Promise((resolve, reject) => {
    let outcome: Exclude<Report, { kind: "figure" }> | undefined;
    child.on("message", (report: Report) => {
      if (report.kind === "figure") onFigure(report.figure);
      else outcome = report;
    });
    child.on("error", reject);
    child.on("exit", (code, signal) => {
      if (outcome?.kind === "result") resolve(outcome.result);
      else reject(new Error(outcome?.error ?? `${what.name} ended with ${signal ?? code}`));
    });
  });
}

function profiling({ profileTo, name, part }: FreshProcess): string[] {
  if (profileTo === undefined) return [];
  const file = `${[name, part].filter(Boolean).join("-")}-${process.pid}.cpuprofile`;
  return ["--cpu-prof", `--cpu-prof-dir=${profileTo}`, `--cpu-prof-name=${file}`];
}
