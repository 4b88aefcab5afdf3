import { MEMO_PREFIX, type Settings } from "../plan/plan.ts";
import type { Archive } from "../world/archive.ts";
import type { ModelState } from "./model-state.ts";
import type { RunLives } from "./run-lives.ts";
import { require } from "./violation.ts";

const OUTCOME_KEYS = ["workflow/outcomes/", "workflow/outcome-times/"];

/**
 * Long after everything has ended, nothing is left of what was kept of runs for a time, except what a process that was paused
 * wrote after its run could have been swept, and a large outcome whose step died all the same, with its notification.
 */
export async function checkSwept(
  archive: Archive,
  lives: RunLives,
  state: ModelState,
  { memoRetention, outcomeRetention }: Settings,
): Promise<void> {
  const ends = new Map<string, number>();
  const died = new Set<string | undefined>();
  for (const { runId, steps, end } of lives.all) {
    if (end !== undefined) ends.set(runId, end.group.slot.landed.at);
    if (end?.by === "death") died.add(steps.at(-1)?.jobId);
  }
  if (memoRetention !== undefined) {
    const isLate = (key: string, runId: string) => {
      const put = archive.lastPut.get(key)?.at;
      const end = ends.get(runId);
      return put !== undefined && end !== undefined && put > end + memoRetention;
    };
    await check("memos", isLate);
    await check("step-outputs", isLate);
    await check("terminals", () => false);
  }
  if (outcomeRetention !== undefined) {
    await check("outcomes", (_, _runId, jobId) => died.has(jobId));
    for (const key of state.kv.keys()) {
      const left = OUTCOME_KEYS.find((prefix) => key.startsWith(prefix));
      require(left === undefined, () => `${key} is left though its run ended long ago`);
    }
  }

  async function check(
    kind: string,
    mayBeLeft: (key: string, runId: string, part: string) => boolean,
  ): Promise<void> {
    const prefix = `${MEMO_PREFIX}/${kind}/`;
    for (const key of await archive.keys(prefix)) {
      const [runId, part] = key.slice(prefix.length).split("/") as [string, string];
      require(mayBeLeft(key, runId, part), () => `${key} is left though its run ended long ago`);
    }
  }
}
