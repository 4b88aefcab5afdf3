/**
 * The paid service: a process of its own that answers `POST /` with the analysis of a section, and
 * keeps a ledger of every call that it charges for. A call is charged for once it has arrived whole,
 * whether its caller lives to read the answer or not.
 *
 * Started with the path of the ledger and a number of different calls; sends its URL to the process that started
 * it. Further calls wait until that process sends a message.
 */

import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { exitWithParent } from "../exit-with-parent.ts";
import type { PaidCall } from "../records/ledger.ts";
import { LineFile } from "../records/line-file.ts";
import { type AnalysisRequest, callKey, INCARNATION_HEADER } from "./analysis-request.ts";
import { analyseText } from "./text-analysis.ts";

const LEAST_LATENCY_MS = 15;
const LATENCY_SPREAD_MS = 30;

const [ledgerPath, callsAtFirst] = process.argv.slice(2);
if (ledgerPath === undefined || callsAtFirst === undefined) {
  throw new Error("usage: analysis-service.ts LEDGER CALLS");
}
const ledger = new LineFile(ledgerPath);
let calls = 0;
const differentCalls = new Set<string>();
const isFree = once(process, "message");

const server = createServer(async (request, response) => {
  try {
    const answer = await serve(request);
    response.setHeader("content-type", "application/json").end(JSON.stringify(answer));
  } catch (error) {
    response.writeHead(400).end(String(error));
  }
});
// A connection that the service closes while a caller takes it up again would fail that call.
server.keepAliveTimeout = 300_000;
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  process.send?.(`http://127.0.0.1:${port}/`);
});
exitWithParent();

async function serve(request: IncomingMessage) {
  const asked = (await json(request)) as AnalysisRequest;
  const call = callKey(asked.document, asked.section);
  if (!differentCalls.has(call) && differentCalls.size >= Number(callsAtFirst)) await isFree;
  differentCalls.add(call);
  const charged: PaidCall & { id: number } = {
    id: ++calls,
    call,
    incarnation: Number(request.headers[INCARNATION_HEADER]),
  };
  ledger.append(charged);
  await sleep(latencyMs(call));
  return analyseText(asked.text);
}

/** Differs from call to call, and is the same in every run. */
function latencyMs(call: string): number {
  const fraction = (createHash("sha256").update(call).digest()[0] ?? 0) / 256;
  return Math.round(LEAST_LATENCY_MS + fraction * LATENCY_SPREAD_MS);
}
