import { readFile } from "node:fs/promises";
import { type Step, StepError, StepOutcome } from "@wf/core";
import pLimit from "p-limit";
import type { AnalysisClient } from "../analysis/analysis-client.ts";
import { callKey } from "../analysis/analysis-request.ts";
import type { TextAnalysis } from "../analysis/text-analysis.ts";
import { documentId } from "../documents/documents.ts";
import { type Section, splitDocument } from "../documents/sections.ts";
import { assembleReport, type SectionReport } from "../report/document-report.ts";
import { documentRow } from "./document-row.ts";
import { fromBytes, toBytes } from "./json-bytes.ts";
import { CONCURRENT_SECTIONS } from "./work-order.ts";
import type { WorkerJournal } from "./worker-journal.ts";

/** Input of a run. */
export interface DocumentInput {
  readonly id: string;
  readonly name: string;
  readonly path: string;
}

interface TitledDocument {
  readonly id: string;
  readonly name: string;
  readonly title: string;
}

/** What step 0 passes to step 1. */
interface SplitWork {
  readonly document: TitledDocument;
  readonly sections: readonly Section[];
}

/** What step 1 passes to step 2. */
interface AnalysedWork {
  readonly document: TitledDocument;
  readonly sections: readonly SectionReport[];
}

/** The steps of one document's run: split it, have its sections analysed, put the answers together. */
export class DocumentPipeline {
  readonly #client: AnalysisClient;
  readonly #journal: WorkerJournal;

  constructor(client: AnalysisClient, journal: WorkerJournal) {
    this.#client = client;
    this.#journal = journal;
  }

  runStep(step: Step): Promise<StepOutcome> {
    switch (step.stepNumber) {
      case 0:
        return this.#split(step, fromBytes(step.payload));
      case 1:
        return this.#analyse(step, fromBytes(step.payload));
      case 2:
        return this.#assemble(step, fromBytes(step.payload));
      default:
        throw StepError.permanent(`a document's run has no step ${step.stepNumber}`);
    }
  }

  async #split(step: Step, { id, name, path }: DocumentInput): Promise<StepOutcome> {
    this.#begin(step, id);
    const bytes = await readFile(path);
    if (documentId(bytes) !== id) {
      throw StepError.permanent(`${path} was changed while the demo was running`);
    }
    const { title, sections } = splitDocument(bytes.toString("utf8"));
    const next: SplitWork = { document: { id, name, title: title ?? name }, sections };
    return StepOutcome.continueNow(toBytes(next));
  }

  /** The step that costs money: when it is cut off, its next attempt finds the answers in the memo. */
  async #analyse(step: Step, { document, sections }: SplitWork): Promise<StepOutcome> {
    this.#begin(step, document.id);
    const limit = pLimit(CONCURRENT_SECTIONS);
    // Waits for every section, also when one fails, so that no call outlives its step.
    const settled = await Promise.allSettled(
      sections.map((section) => limit(() => this.#analyseSection(step, document.id, section))),
    );
    const analysed: SectionReport[] = [];
    for (const result of settled) {
      if (result.status === "rejected") throw result.reason;
      analysed.push(result.value);
    }
    const next: AnalysedWork = { document, sections: analysed };
    return StepOutcome.continueNow(toBytes(next));
  }

  async #analyseSection(
    step: Step,
    document: string,
    { number, heading, level, text }: Section,
  ): Promise<SectionReport> {
    const call = callKey(document, number);
    let paid = false;
    const analysis = await step.memo.remember<TextAnalysis>(`section-${number}`, () => {
      paid = true;
      const request = { document, section: number, text };
      return this.#client.analyse(request, step.abortSignal);
    });
    this.#journal.write({ event: paid ? "memoized" : "recalled", call });
    return { heading, level, analysis };
  }

  async #assemble(step: Step, { document, sections }: AnalysedWork): Promise<StepOutcome> {
    this.#begin(step, document.id);
    step.effects.put(documentRow(document.id), toBytes("analysed"));
    return StepOutcome.succeed(toBytes(assembleReport(document, sections)));
  }

  #begin(step: Step, document: string): void {
    this.#journal.write({ event: "step", document, step: step.stepNumber });
  }
}
