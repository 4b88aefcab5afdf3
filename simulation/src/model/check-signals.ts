import type { Call, Invocation, Journal } from "../world/journal.ts";
import type { Life, RunLives } from "./run-lives.ts";
import { require } from "./violation.ts";

/**
 * Each signal comes to the state of one run, once. After the last run has taken what was left, every signal that was
 * acknowledged was seen by a committed step, or was removed by `clearSignal`, or went down with a run that it was
 * delivered to and that ended before its step did.
 */
export function checkSignals(journal: Journal, lives: RunLives): void {
  const sent = journal.calls.filter(({ method }) => method === "run.signal");
  const seen = seenSignals(journal.invocations, lives);
  const known = new Set(sent.map(textOf));
  for (const text of seen.keys())
    require(known.has(text), () => `${text} was seen, and never sent`);
  for (const key of new Set(sent.map(({ args }) => args[0]))) {
    const ofKey = sent.filter(({ args }) => args[0] === key);
    const lost = ofKey.filter((call) => isAcknowledged(call) && !seen.has(textOf(call)));
    // One that was cut off, or told that it is fenced, may have been done.
    const isCleared = journal.calls.some(
      ({ method, args, value }) =>
        method === "run.clearSignal" && args[0] === key && value !== false,
    );
    // What was cleared cannot be told from what was lost, except what was delivered.
    const unexplained = isCleared ? lost.filter(({ value }) => value === "delivered") : lost;
    const wentDown = lives.all.filter((life) => endedWhileItWaited(life, key)).length;
    require(unexplained.length <= wentDown, () =>
      `${unexplained.map(textOf)} for ${key} were acknowledged and seen by nobody; ` +
      `${wentDown} runs ended with a signal at most`);
  }
}

/** By the step that took them, as it was committed. */
function seenSignals(
  invocations: readonly Invocation[],
  { committed }: RunLives,
): Map<string, number> {
  const seen = new Map<string, number>();
  for (const { number, given, kind } of invocations) {
    const signal = given["signal"] as Uint8Array | undefined;
    if (kind !== "step" || signal === undefined || !committed.has(number)) continue;
    const text = Buffer.from(signal).toString();
    require(!seen.has(text), () =>
      `${text} was given to invocations ${seen.get(text)} and ${number}`);
    seen.set(text, number);
  }
  return seen;
}

/** A run that ended in a step which waited for the key, and not by what that step returned. */
function endedWhileItWaited({ steps, end }: Life, key: string): boolean {
  return end?.by !== "step" && steps.at(-1)?.waitKey === key;
}

function isAcknowledged({ settled, error }: Call): boolean {
  return settled !== undefined && error === undefined;
}

function textOf({ args }: Call): string {
  return Buffer.from(args[1]).toString();
}
