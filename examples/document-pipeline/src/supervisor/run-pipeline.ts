import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DemoError } from "../demo-error.ts";
import type { SourceDocument } from "../documents/documents.ts";
import { Journal, type JournalEntry } from "../records/journal.ts";
import { Ledger, type PaidCall } from "../records/ledger.ts";
import { LineReader } from "../records/line-file.ts";
import type { WorkOrder } from "../worker/work-order.ts";
import { DemoProcess } from "./child-processes.ts";
import type { Kill } from "./kill-plan.ts";
import type { Progress } from "./progress.ts";

const LOOK_EVERY_MS = 10;
const STUCK_AFTER_MS = 60_000;
/** Planned ones and those by hand. */
const MAX_KILLS = 1_000;

/** Where the store and the queue are. */
type Place = Pick<WorkOrder, "storeUrl" | "postgres">;

/** What one run of the pipeline over all documents came to. */
export interface PipelineRun {
  readonly ledger: Ledger;
  readonly journal: Journal;
  /** Those that were planned, and those by hand. */
  readonly kills: number;
  readonly seconds: number;
  readonly reportsDirectory: string;
}

/**
 * Runs the pipeline in `directory` and at `place`, which are new: starts the analysis service and a worker, kills the worker
 * as planned and starts it again, until every document has its report.
 *
 * @throws DemoError when a document fails, a process ends by itself, or nothing happens any more
 */
export async function runPipeline(
  directory: string,
  place: Place,
  documents: readonly SourceDocument[],
  plan: readonly Kill[],
  progress: Progress,
): Promise<PipelineRun> {
  const supervisor = new Supervisor(directory, place, documents, progress);
  const startedAt = performance.now();
  try {
    await supervisor.start();
    const kills = await supervisor.work(plan);
    const seconds = (performance.now() - startedAt) / 1_000;
    const { ledger, journal, reportsDirectory } = supervisor;
    return { ledger, journal, kills, seconds, reportsDirectory };
  } finally {
    await supervisor.stop();
  }
}

class Supervisor {
  readonly ledger = new Ledger();
  readonly journal = new Journal();
  readonly reportsDirectory: string;
  readonly #directory: string;
  readonly #place: Place;
  readonly #documents: readonly SourceDocument[];
  readonly #progress: Progress;
  readonly #orderPath: string;
  readonly #ledgerPath: string;
  readonly #journalPath: string;
  readonly #logPath: string;
  #ledgerReader: LineReader<PaidCall> | undefined;
  #journalReader: LineReader<JournalEntry> | undefined;
  #service: DemoProcess | undefined;
  #worker: DemoProcess | undefined;
  #incarnation = 0;
  #heardAt = performance.now();

  constructor(
    directory: string,
    place: Place,
    documents: readonly SourceDocument[],
    progress: Progress,
  ) {
    this.#directory = directory;
    this.#place = place;
    this.#documents = documents;
    this.#progress = progress;
    this.reportsDirectory = path.join(directory, "reports");
    this.#orderPath = path.join(directory, "work-order.json");
    this.#ledgerPath = path.join(directory, "ledger.jsonl");
    this.#journalPath = path.join(directory, "journal.jsonl");
    this.#logPath = path.join(directory, "processes.log");
  }

  async start(): Promise<void> {
    await mkdir(this.reportsDirectory, { recursive: true });
    this.#ledgerReader = new LineReader(this.#ledgerPath);
    this.#journalReader = new LineReader(this.#journalPath);
    const entry = new URL("../analysis/analysis-service.ts", import.meta.url);
    const calls = this.#documents.reduce((sum, { sections }) => sum + sections, 0);
    // Without its last call the work has no end, so that each kill finds some, however late it comes.
    const args = [this.#ledgerPath, String(calls - 1)];
    const service = new DemoProcess("the analysis service", entry, args, this.#logPath);
    this.#service = service;
    const order: WorkOrder = {
      documents: this.#documents,
      serviceUrl: await service.message(),
      ...this.#place,
      journalPath: this.#journalPath,
      reportsDirectory: this.reportsDirectory,
    };
    await writeFile(this.#orderPath, JSON.stringify(order));
  }

  /** Returns the number of kills once a worker has found all documents reported and ended. */
  async work(plan: readonly Kill[]): Promise<number> {
    let planned = 0;
    for (let kills = 0; kills < MAX_KILLS; kills++) {
      const kill = plan[planned];
      if (kill === undefined) this.#service?.send("the kills are over");
      const end = await this.#watch(this.#startWorker(), kill);
      if (end === "done") return kills;
      if (end === "killed as planned") planned++;
      this.#look();
      this.#progress.note(
        `kill ${kills + 1}: worker ${this.#incarnation} after ${this.ledger.paid} calls, ` +
          `with ${this.journal.reported.size} of ${this.#documents.length} documents reported`,
      );
    }
    throw new DemoError(`the worker was killed ${MAX_KILLS} times`);
  }

  async stop(): Promise<void> {
    for (const child of [this.#worker, this.#service]) {
      child?.kill("SIGKILL");
      await child?.exited;
    }
    this.#look();
    this.#ledgerReader?.close();
    this.#journalReader?.close();
  }

  #startWorker(): DemoProcess {
    this.#incarnation++;
    const entry = new URL("../worker/worker.ts", import.meta.url);
    const args = [this.#orderPath, String(this.#incarnation)];
    const name = `worker ${this.#incarnation}`;
    this.#worker = new DemoProcess(name, entry, args, this.#logPath);
    this.#heardAt = performance.now();
    return this.#worker;
  }

  /** Watches `worker` until it has ended or is killed: by `kill`, or by the user's own hand. */
  async #watch(
    worker: DemoProcess,
    kill: Kill | undefined,
  ): Promise<"done" | "killed as planned" | "killed by hand"> {
    for (;;) {
      this.#look();
      if (worker.exit?.code === 0) return "done";
      if (worker.exit?.signal === "SIGKILL") return "killed by hand";
      this.#checkHealth(worker);
      if (kill !== undefined && this.#isDue(kill)) {
        await sleep(kill.delayMs);
        worker.kill("SIGKILL");
        if ((await worker.exited).signal !== "SIGKILL") throw worker.unexpectedExit();
        return "killed as planned";
      }
      await sleep(LOOK_EVERY_MS);
    }
  }

  #isDue(kill: Kill): boolean {
    const isRunning = this.journal.started.has(this.#incarnation);
    return isRunning && this.ledger.different >= kill.afterCalls;
  }

  /** Takes in what the processes have written. */
  #look(): void {
    const calls = this.#ledgerReader?.read() ?? [];
    const entries = this.#journalReader?.read() ?? [];
    this.ledger.add(calls);
    this.journal.add(entries);
    if (calls.length + entries.length > 0) {
      this.#heardAt = performance.now();
      this.#progress.update({
        documents: this.journal.reported.size,
        paid: this.ledger.paid,
        recalled: this.journal.recalled,
        restarts: Math.max(0, this.#incarnation - 1),
      });
    }
  }

  #checkHealth(worker: DemoProcess): void {
    const failure = this.journal.failures[0];
    if (failure) throw new DemoError(`the run of ${failure.document} failed: ${failure.error}`);
    if (worker.exit !== undefined) throw worker.unexpectedExit();
    if (this.#service?.exit !== undefined) throw this.#service.unexpectedExit();
    if (performance.now() - this.#heardAt > STUCK_AFTER_MS) {
      const left = this.#documents.length - this.journal.reported.size;
      throw new DemoError(
        `nothing has happened for ${STUCK_AFTER_MS / 1_000} s with ${left} documents left; ` +
          `everything is kept in ${this.#directory}`,
      );
    }
  }
}
