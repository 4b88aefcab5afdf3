import type { Queue, WorkflowRuntime } from "@wf/core";
import { documentState } from "./document-row.ts";

const MAX_SHOWN = 10;

/**
 * Checks that nothing is left to do and nothing was dropped: no run, no job in any state that still counts,
 * and every document's row moved on to its end by the effects of its run and its hook.
 */
export async function assertSettled(
  documents: readonly { readonly id: string }[],
  queue: Queue,
  runtime: WorkflowRuntime,
): Promise<void> {
  const problems: string[] = [];
  for (const { runId } of (await runtime.runs()).items) problems.push(`run ${runId} is active`);
  for (const name of await queue.inspect.listQueues()) {
    const { pending, scheduled, claimed, dead } = await queue.inspect.stats(name);
    if (pending + scheduled + claimed + dead > 0) {
      problems.push(`queue ${name}: ${JSON.stringify({ pending, scheduled, claimed, dead })}`);
    }
  }
  for (const { id } of documents) {
    const state = await documentState(queue.kv, id);
    if (state !== "reported") problems.push(`document ${id} is still ${state ?? "unknown"}`);
  }
  if (problems.length === 0) return;
  const shown = problems.slice(0, MAX_SHOWN).join("\n");
  throw new Error(`stopped with work left (${problems.length} problems):\n${shown}`);
}
