import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const ENTRY = fileURLToPath(new URL("owner/main.ts", import.meta.url));
const FENCED_EXIT = 3;
/** Longer than anything takes on a loaded machine. */
export const PATIENCE_MS = 120_000;

export type End = "killed" | "fenced" | "finished";

const living = new Set<ChildProcess>();

// Leaves no process behind, a stopped one neither.
process.on("exit", () => {
  for (const child of living) child.kill("SIGKILL");
});

export interface OwnerSettings {
  /** For how long memos and outcomes are kept. */
  readonly retentionMs: number;
  /** How far its clock is ahead of the machine's. */
  readonly aheadMs: number;
}

/** An owner of the queue, in a process of its own. */
export class OwnerProcess {
  readonly life: string;
  readonly #child: ChildProcess;
  /** How it ended, once all that it said was heard. Rejects where it ended in no way that is meant to be. */
  readonly #ended: Promise<End>;
  readonly #heard = new Map<string, PromiseWithResolvers<void>>();

  /** @param hear is told every line that it says */
  constructor(
    directory: string,
    life: string,
    { retentionMs, aheadMs }: OwnerSettings,
    hear: (line: string) => void,
  ) {
    this.life = life;
    const settings = [retentionMs, aheadMs].map(String);
    const args = ["--conditions=@wf/source", ENTRY, directory, life, ...settings];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe", "ipc"] });
    this.#child = child;
    living.add(child);
    let problem = "";
    child.stderr?.on("data", (text) => {
      problem += text;
    });
    const lines = createInterface({ input: child.stdout as NonNullable<typeof child.stdout> });
    lines.on("line", (line) => {
      hear(line);
      this.#moment(line.split(" ")[0] as string).resolve();
    });
    this.#ended = once(child, "close").then(([code, signal]) => {
      living.delete(child);
      if (signal === "SIGKILL") return "killed";
      if (code === FENCED_EXIT) return "fenced";
      if (code === 0) return "finished";
      throw new Error(`process ${life} ended by itself (${signal ?? code}): ${problem}`);
    });
    // Looked at when its time has come.
    this.#ended.catch(() => {});
  }

  /** Resolves when it has said so, or has ended. */
  async said(word: "opening" | "opened"): Promise<void> {
    const moment = Promise.race([this.#moment(word).promise, this.#ended]);
    await this.#inTime(moment, `has not said "${word}"`);
  }

  /** How it ended by itself. */
  async end(): Promise<End> {
    return await this.#inTime(this.#ended, "has not ended");
  }

  stop(): void {
    this.#child.kill("SIGSTOP");
  }

  goOn(): void {
    this.#child.kill("SIGCONT");
  }

  /** Kills it, unless it has ended. */
  async kill(): Promise<End> {
    this.#child.kill("SIGKILL");
    return await this.end();
  }

  /** Has it work off what there is and close. */
  async finish(): Promise<End> {
    this.#child.send("finish");
    return await this.end();
  }

  async #inTime<T>(promise: Promise<T>, problem: string): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const error = new Error(`process ${this.life} ${problem} within ${PATIENCE_MS} ms`);
      timer = setTimeout(() => reject(error), PATIENCE_MS);
    });
    try {
      return await Promise.race([promise, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  #moment(word: string): PromiseWithResolvers<void> {
    const known = this.#heard.get(word);
    if (known !== undefined) return known;
    const moment = Promise.withResolvers<void>();
    this.#heard.set(word, moment);
    return moment;
  }
}
