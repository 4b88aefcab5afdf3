import { isCancelled, resultOf } from "./workload.ts";

/**
 * What was acknowledged, by what the owners said: it outlives all of them. What cannot be right whatever died is
 * noted as it is heard.
 */
export class Ledger {
  readonly enqueued = new Set<string>();
  readonly done = new Set<string>();
  readonly submitted = new Set<string>();
  readonly cancelled = new Set<string>();
  /** How each run ended. */
  readonly ends = new Map<string, string>();
  /** The greatest number that an owner was told it had counted to, and that one tried. */
  counted = 0;
  tried = 0;
  acknowledgements = 0;
  recoveries = 0;
  /** Calls that were made again, because the process died before it had the answer. */
  paidAgain = 0;
  readonly problems: string[] = [];
  readonly #counts = new Set<number>();
  readonly #calls = new Set<string>();
  /** Lives that had not begun when the answer to the call was stored. */
  readonly #memos = new Map<string, number>();
  readonly #lives: string[] = [];

  /** @param life of the process that said it */
  hear(life: string, line: string): void {
    const [what, ...rest] = line.split(" ") as [string, ...string[]];
    const [first = "", second = ""] = rest;
    switch (what) {
      case "opening":
        this.#lives.push(life);
        return;
      case "opened":
        this.recoveries++;
        return;
      case "enqueued":
        return this.#acknowledge(this.enqueued, rest);
      case "done":
        if (this.done.has(first)) this.#wrong(`job ${first} was acknowledged twice`);
        return this.#acknowledge(this.done, [first]);
      case "submitted":
        return this.#acknowledge(this.submitted, [first]);
      case "cancelled":
        return this.#acknowledge(this.cancelled, [first]);
      case "counting":
        this.tried = Math.max(this.tried, Number(first));
        return;
      case "counted":
        return this.#count(Number(first));
      case "call":
        return this.#call(life, `${first} ${second}`);
      case "memo":
        return this.#memo(`${first} ${second}`);
      case "ended":
        return this.#end(first, rest.slice(1).join(" "));
      case "wrong":
        return this.#wrong(`a process found: ${rest.join(" ")}`);
      case "signalled":
        this.acknowledgements++;
        return;
      case "closed":
      case "fenced":
        return;
      default:
        // Only the end of a line can be missing, and lines are written at once.
        this.#wrong(`a process said ${JSON.stringify(line)}`);
    }
  }

  #acknowledge(kind: Set<string>, ids: readonly string[]): void {
    for (const id of ids) kind.add(id);
    this.acknowledgements += ids.length;
  }

  #count(value: number): void {
    if (this.#counts.has(value)) this.#wrong(`two owners counted to ${value}`);
    this.#counts.add(value);
    this.counted = Math.max(this.counted, value);
    this.acknowledgements++;
  }

  #call(life: string, call: string): void {
    if (this.#calls.has(call)) this.paidAgain++;
    this.#calls.add(call);
    const since = this.#memos.get(call);
    if (since !== undefined && this.#lives.indexOf(life) >= since) {
      this.#wrong(`${call} was called again by ${life}, which began when the answer was stored`);
    }
  }

  #memo(call: string): void {
    if (!this.#memos.has(call)) this.#memos.set(call, this.#lives.length);
  }

  #end(runId: string, end: string): void {
    const known = this.ends.get(runId);
    if (known !== undefined && known !== end) {
      this.#wrong(`run ${runId} ended twice: ${known}, and ${end}`);
    }
    this.ends.set(runId, end);
    const [status, , result = ""] = end.split(" ");
    const isRight =
      status === "succeeded"
        ? result.startsWith(`${resultOf(runId)}#`)
        : status === "cancelled" && isCancelled(runId);
    if (!isRight) this.#wrong(`run ${runId} ended wrongly: ${end}`);
  }

  #wrong(problem: string): void {
    this.problems.push(problem);
  }
}
