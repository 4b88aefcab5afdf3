import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const SCRIPT = fileURLToPath(new URL("./worker-process.ts", import.meta.url));

/** A worker in a process of its own. */
export class ChildWorker {
  readonly #child: ChildProcess;

  constructor(url: string, schema: string, what: "work" | "hang") {
    this.#child = fork(SCRIPT, [url, schema, what], {
      execArgv: ["--conditions=@wf/source", "--no-warnings"],
    });
  }

  /** The id of the next job that it is given. */
  async delivery(): Promise<string> {
    const [id] = await once(this.#child, "message");
    return id;
  }

  /** Nothing of it is left to run, not even what it would do at its end. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await ended;
  }
}
