import type { Queue, WorkflowRuntime } from "@wf/core";
import pLimit from "p-limit";
import type { SourceDocument } from "../documents/documents.ts";
import { documentRow } from "./document-row.ts";
import { toBytes } from "./json-bytes.ts";
import type { WorkerJournal } from "./worker-journal.ts";

const CONCURRENT_SUBMISSIONS = 8;

/**
 * Starts a run for every document that has had none, whatever an earlier process came to.
 *
 * A run's id is free again once the run has ended, so the id alone cannot tell that a document is done.
 * Its row can: it is written in the same commit as the submission, and stays.
 */
export async function submitDocuments(
  documents: readonly SourceDocument[],
  queue: Queue,
  runtime: WorkflowRuntime,
  journal: WorkerJournal,
): Promise<void> {
  const limit = pLimit(CONCURRENT_SUBMISSIONS);
  await limit.map(documents, async ({ id, name, path }, index) => {
    const row = documentRow(id);
    if ((await queue.kv.get(row)) !== undefined) return;
    await runtime.submit({
      runId: `doc-${id}`,
      input: toBytes({ id, name, path }),
      kv: { [row]: toBytes("submitted") },
      // One document is finished before the next is begun, as far as there are hands.
      priority: index,
      // A kill costs every step under way one attempt, and this process is killed a lot.
      maxAttemptsPerStep: 1_000,
    });
    journal.write({ event: "submitted", document: id });
  });
}
