import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { DemoError } from "../demo-error.ts";

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process of the demo. Its output goes to a log file. */
export class DemoProcess {
  readonly exited: Promise<Exit>;
  exit: Exit | undefined;
  readonly #child: ChildProcess;
  readonly #name: string;
  readonly #logPath: string;

  constructor(name: string, entry: URL, args: readonly string[], logPath: string) {
    this.#name = name;
    this.#logPath = logPath;
    const log = openSync(logPath, "a");
    // The IPC channel tells a child that its parent has died, however it did.
    this.#child = fork(entry, args, { stdio: ["ignore", log, log, "ipc"] });
    closeSync(log);
    living.add(this.#child);
    this.exited = once(this.#child, "exit").then(([code, signal]) => {
      living.delete(this.#child);
      this.exit = { code, signal };
      return this.exit;
    });
  }

  /** The first message that it sends. */
  async message(): Promise<string> {
    const [message] = await Promise.race([
      once(this.#child, "message"),
      this.exited.then(() => Promise.reject(this.unexpectedExit())),
    ]);
    return message;
  }

  send(message: string): void {
    this.#child.send(message);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** For when it has ended without having been told to. */
  unexpectedExit(): DemoError {
    const how = this.exit?.signal ?? `code ${this.exit?.code}`;
    const end = readFileSync(this.#logPath, "utf8").trim().split("\n").slice(-30).join("\n");
    return new DemoError(`${this.#name} ended by itself (${how}). The end of its log:\n${end}`);
  }
}

const living = new Set<ChildProcess>();

/** Leaves no process behind, however this one ends. */
export function killChildrenAtExit(): void {
  process.on("exit", () => {
    for (const child of living) child.kill("SIGKILL");
  });
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const) {
    process.once(signal, () => process.exit(code));
  }
}
