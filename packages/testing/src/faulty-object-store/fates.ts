import type { RandomSource } from "@wf/core";
import type { MsRange, StoreOperation } from "./fault-rules.ts";
import type { ResolvedFaultyOptions } from "./faulty-options.ts";

/** How a request ends: as the store has it, or with an error, done or not, now or later. */
export type Ending = "own" | "unavailable" | "lost_answer" | "late";

/** What is to become of one request. */
export interface Fate {
  readonly ending: Ending;
  /** For the trace: what decided, where anything did. */
  readonly fault: string | undefined;
  /** Until it is done, where it is. */
  readonly thereMs: number;
  /** From then until its answer. */
  readonly backMs: number;
  /** By how much a `late` one is done later. */
  readonly lateMs: number;
  readonly crashes: boolean;
}

/** Draws the fate of each request, and remembers what is down until when. */
export class Fates {
  readonly #options: ResolvedFaultyOptions;
  readonly #random: RandomSource;
  /** By the number of the rule: until when what it is for is throttled. */
  readonly #throttledUntil: number[];
  #downUntil = Number.NEGATIVE_INFINITY;

  constructor(options: ResolvedFaultyOptions) {
    this.#options = options;
    this.#random = options.random;
    this.#throttledUntil = options.rules.map(() => Number.NEGATIVE_INFINITY);
  }

  /** Everything fails until then, in ms since the Unix epoch. */
  downUntil(time: number): void {
    this.#downUntil = Math.max(this.#downUntil, time);
  }

  draw(operation: StoreOperation, keys: readonly string[]): Fate {
    const { rules, clock, delays } = this.#options;
    const now = clock.now();
    let delayMs = this.#between(delays.get(operation));
    let ending = "own" as Ending;
    let fault: string | undefined;
    let lateMs = 0;
    let crashes = false;
    const fail = (by: string, how: Ending) => {
      fault ??= by;
      if (ending === "own")
        ending = operation === "get" || operation === "list" ? "unavailable" : how;
    };
    if (now < this.#downUntil) fail("outage", "unavailable");
    for (const [number, rule] of rules.entries()) {
      if (!rule.isFor(operation, keys)) continue;
      if (now < (this.#throttledUntil[number] as number)) fail("throttled", "unavailable");
      if (this.#random() >= rule.probability) continue;
      switch (rule.kind) {
        case "slow":
          delayMs += this.#between(rule.range);
          break;
        case "throttled":
          this.#throttledUntil[number] = now + rule.range.minMs;
          fail(rule.kind, "unavailable");
          break;
        case "outage":
          this.downUntil(now + rule.range.minMs);
          fail(rule.kind, "unavailable");
          break;
        case "late":
          lateMs = this.#between(rule.range);
          fail(rule.kind, "late");
          break;
        case "crash":
          crashes = true;
          break;
        default:
          fail(rule.kind, rule.kind);
      }
    }
    const thereMs = Math.floor(this.#random() * (delayMs + 1));
    const backMs = delayMs - thereMs;
    return { ending, fault, thereMs, backMs, lateMs: ending === "late" ? lateMs : 0, crashes };
  }

  /** Which of the keys of a delete are done, where it is cut off: all, or the first few. */
  part(keys: readonly string[]): readonly string[] {
    if (keys.length < 2 || this.#random() < 0.5) return keys;
    return keys.slice(0, Math.floor(this.#random() * keys.length));
  }

  chance(probability: number): boolean {
    return this.#random() < probability;
  }

  #between(range: MsRange | undefined): number {
    if (range === undefined || range.maxMs === 0) return 0;
    return range.minMs + Math.floor(this.#random() * (range.maxMs - range.minMs + 1));
  }
}
