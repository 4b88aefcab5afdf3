import { rename, writeFile } from "node:fs/promises";
import path from "node:path";
import type { RunOutcome, TerminalEffects, TerminalHook } from "@wf/core";
import type { DocumentReport } from "../report/document-report.ts";
import { documentRow } from "./document-row.ts";
import { fromBytes, toBytes } from "./json-bytes.ts";
import type { WorkerJournal } from "./worker-journal.ts";

/** Writes a document's report when its run has ended. A hook may run again, so the file is replaced whole. */
export class ReportHook implements TerminalHook {
  readonly #directory: string;
  readonly #journal: WorkerJournal;

  constructor(directory: string, journal: WorkerJournal) {
    this.#directory = directory;
    this.#journal = journal;
  }

  async onTermination(outcome: RunOutcome, effects: TerminalEffects): Promise<void> {
    if (outcome.status !== "succeeded") {
      const error = outcome.status === "failed" ? outcome.error : "cancelled";
      this.#journal.write({ event: "failed", document: outcome.runId, error });
      return;
    }
    const { id } = fromBytes<DocumentReport>(outcome.result);
    const file = path.join(this.#directory, `${id}.json`);
    await writeFile(`${file}.part`, outcome.result);
    await rename(`${file}.part`, file);
    effects.put(documentRow(id), toBytes("reported"));
    this.#journal.write({ event: "reported", document: id });
  }
}
