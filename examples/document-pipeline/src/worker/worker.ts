/**
 * The worker process, the one that is killed: opens the queue on the store, submits the documents that
 * have not been, and works until all are reported. All that it knows after a kill is in the object store.
 *
 * Started with the path of its work order and its incarnation.
 */

import { readFile } from "node:fs/promises";
import { WorkflowRuntime } from "@wf/core";
import { openStore } from "@wf/example-store-url";
import { AnalysisClient } from "../analysis/analysis-client.ts";
import { exitWithParent } from "../exit-with-parent.ts";
import { assertSettled } from "./assert-settled.ts";
import { documentState } from "./document-row.ts";
import { openQueue } from "./open-queue.ts";
import { DocumentPipeline } from "./pipeline.ts";
import { ReportHook } from "./report-hook.ts";
import { submitDocuments } from "./submit-documents.ts";
import { CONCURRENT_STEPS, type WorkOrder } from "./work-order.ts";
import { WorkerJournal } from "./worker-journal.ts";

const LOOK_EVERY_MS = 20;

const [orderPath, incarnationText] = process.argv.slice(2);
if (orderPath === undefined || incarnationText === undefined) {
  throw new Error("usage: worker.ts ORDER INCARNATION");
}
exitWithParent();

const incarnation = Number(incarnationText);
const order: WorkOrder = JSON.parse(await readFile(orderPath, "utf8"));
const journal = new WorkerJournal(order.journalPath, incarnation);
journal.write({ event: "started" });

const store = await openStore(order.storeUrl);
await using queue = await openQueue(order, store);
const client = new AnalysisClient(order.serviceUrl, incarnation);
const pipeline = new DocumentPipeline(client, journal);
const hook = new ReportHook(order.reportsDirectory, journal);
const runtime = WorkflowRuntime.builder(queue, store, pipeline, hook)
  .maxConcurrentSteps(CONCURRENT_STEPS)
  .memoRetention("7d")
  .build();

const stop = new AbortController();
const working = runtime.run({ signal: stop.signal });
await submitDocuments(order.documents, queue, runtime, journal);
for (const { id } of order.documents) {
  while ((await documentState(queue.kv, id)) !== "reported") await queue.clock.sleep(LOOK_EVERY_MS);
}
stop.abort();
await working;

await assertSettled(order.documents, queue, runtime);
