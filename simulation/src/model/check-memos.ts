import type { Invocation } from "../world/journal.ts";
import type { Remembered } from "../world/step-scripts.ts";
import type { RunLives } from "./run-lives.ts";
import { require } from "./violation.ts";

/**
 * What a step remembers is its own, and the same for each of its attempts, as long as it is the step of its run: a process that
 * was paused may find nothing once the run has ended and its memo is swept.
 */
export function checkMemos(invocations: readonly Invocation[], lives: RunLives): void {
  const settledAt = new Map<string, number>();
  for (const { steps, end } of lives.all) {
    for (const [index, { jobId }] of steps.entries()) {
      const next = steps[index + 1]?.group ?? end?.group;
      if (next !== undefined) settledAt.set(jobId, next.slot.landed.tick);
    }
  }
  const first = new Map<string, string>();
  for (const { kind, number, jobId, given } of invocations) {
    if (kind !== "step") continue;
    for (const { key, value, tick } of given["remembered"] as readonly Remembered[]) {
      const place = `${given["runId"]}|${given["step"]}|${key}|`;
      require(value.startsWith(place), () => `invocation ${number} remembers ${value} as ${place}`);
      if (tick > (settledAt.get(jobId) ?? Number.POSITIVE_INFINITY)) continue;
      const known = first.get(`${jobId}|${key}`) ?? value;
      first.set(`${jobId}|${key}`, known);
      require(known === value, () =>
        `invocation ${number} remembers ${value}, and an attempt before it ${known}`);
    }
  }
}
