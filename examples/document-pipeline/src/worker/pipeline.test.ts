import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Step } from "@wf/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AnalysisClient } from "../analysis/analysis-client.ts";
import type { AnalysisRequest } from "../analysis/analysis-request.ts";
import { analyseText } from "../analysis/text-analysis.ts";
import { findDocuments } from "../documents/documents.ts";
import type { DocumentReport } from "../report/document-report.ts";
import { fromBytes, toBytes } from "./json-bytes.ts";
import { DocumentPipeline } from "./pipeline.ts";
import { CONCURRENT_SECTIONS } from "./work-order.ts";
import type { WorkerJournal } from "./worker-journal.ts";

let root: string;
let memo: Map<string, unknown>;
let effects: Record<string, unknown>;
let asked: AnalysisRequest[];
let underWay: number;
let mostUnderWay: number;
let failing: number | undefined;
let journal: { event: string }[];

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "pipeline-"));
  writeFileSync(path.join(root, "a.md"), "# A\nFirst text.\n# B\nSecond text.\n# C\nThird text.");
  memo = new Map();
  effects = {};
  asked = [];
  journal = [];
  underWay = 0;
  mostUnderWay = 0;
  failing = undefined;
});
afterEach(() => rmSync(root, { recursive: true }));

const client = {
  async analyse(request: AnalysisRequest) {
    asked.push(request);
    mostUnderWay = Math.max(mostUnderWay, ++underWay);
    await new Promise(setImmediate);
    underWay--;
    if (request.section === failing) throw new Error("unreachable");
    return analyseText(request.text);
  },
} as unknown as AnalysisClient;

function runStep(stepNumber: number, payload: Uint8Array) {
  const recorder = { write: (entry: { event: string }) => journal.push(entry) };
  const pipeline = new DocumentPipeline(client, recorder as unknown as WorkerJournal);
  const step = {
    stepNumber,
    payload,
    abortSignal: new AbortController().signal,
    memo: {
      async remember<T>(key: string, compute: () => Promise<T>): Promise<T> {
        if (!memo.has(key)) memo.set(key, await compute());
        return memo.get(key) as T;
      },
    },
    effects: { put: (key: string, value: Uint8Array) => (effects[key] = fromBytes(value)) },
  };
  return pipeline.runStep(step as unknown as Step);
}

async function next(stepNumber: number, payload: Uint8Array): Promise<Uint8Array> {
  const outcome = await runStep(stepNumber, payload);
  if (outcome.kind !== "continue") throw new Error(`expected another step, got ${outcome.kind}`);
  return outcome.payload;
}

async function input() {
  const [document] = await findDocuments(root, 1);
  return { ...document };
}

describe("DocumentPipeline", () => {
  it("splits a document, has each section analysed and assembles the report", async () => {
    const document = await input();
    const split = await next(0, toBytes(document));
    const outcome = await runStep(2, await next(1, split));
    if (outcome.kind !== "succeed") throw new Error(`got ${outcome.kind}`);
    const report = fromBytes<DocumentReport>(outcome.result);
    expect(report).toMatchObject({ id: document.id, name: "a.md", title: "A", words: 6 });
    expect(report.sections.map(({ heading }) => heading)).toEqual(["A", "B", "C"]);
    expect(effects).toEqual({ [`document/${document.id}`]: "analysed" });
  });

  it("pays for no section whose answer is in the memo", async () => {
    const split = await next(0, toBytes(await input()));
    const first = await next(1, split);
    expect(asked.map(({ section }) => section)).toEqual([0, 1, 2]);
    memo.delete("section-1");
    journal = [];
    expect(await next(1, split)).toEqual(first);
    expect(asked.map(({ section }) => section)).toEqual([0, 1, 2, 1]);
    expect(journal.map(({ event }) => event).sort()).toEqual([
      "memoized",
      "recalled",
      "recalled",
      "step",
    ]);
  });

  it("never has more sections under way than its bound, and none once the step has failed", async () => {
    const split = await next(0, toBytes(await input()));
    failing = 0;
    await expect(runStep(1, split)).rejects.toThrow("unreachable");
    expect(mostUnderWay).toBe(CONCURRENT_SECTIONS);
    expect(underWay).toBe(0);
    expect([...memo.keys()]).toEqual(["section-1", "section-2"]);
  });

  it("fails for good when the document was changed since it was submitted", async () => {
    const document = await input();
    writeFileSync(path.join(root, "a.md"), "Other text.");
    await expect(runStep(0, toBytes(document))).rejects.toMatchObject({
      code: "WF_STEP_PERMANENT",
    });
  });
});
