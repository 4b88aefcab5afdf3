import type { Logger } from "@wf/core";
import { lower } from "../claims/floors.ts";
import { arrays } from "../database/array-parameter.ts";
import type { Database } from "../database/database.ts";
import { type Statement, unprepared } from "../database/session.ts";
import type { Schema } from "../layout/schema-name.ts";
import { encodeMessage, type Message, type ReadyQueue } from "./message.ts";

/**
 * Tells the other processes what has happened here, after it is durable. In a transaction of its own, because
 * transactions that notify commit one after the other; and one at a time, so that what comes meanwhile
 * shares the next.
 */
export class Announcer {
  readonly #database: Database;
  readonly #logger: Logger;
  readonly #schema: Schema;
  readonly #from: string;
  readonly #takeWatches: Statement;
  readonly #ready = new Map<string, ReadyQueue>();
  readonly #cancel = new Set<string>();
  #ended: string[] = [];
  #dueAt = Number.POSITIVE_INFINITY;
  #running: Promise<void> | undefined;

  /** @param from the mark of this process */
  constructor(database: Database, logger: Logger, schema: Schema, from: string) {
    this.#database = database;
    this.#logger = logger;
    this.#schema = schema;
    this.#from = from;
    this.#takeWatches = unprepared(
      `DELETE FROM ${schema.quoted}.watches WHERE job_id = ANY ($1::text[]) RETURNING job_id`,
    );
  }

  /** @param ended jobs that have ended; told only where somebody waits for them */
  tell({ ready = [], dueAt, cancel = [], ended = [] }: Message): void {
    for (const queue of ready) this.#addReady(queue);
    for (const id of cancel) this.#cancel.add(id);
    for (const id of ended) this.#ended.push(id);
    if (dueAt !== undefined) this.#dueAt = Math.min(this.#dueAt, dueAt);
    this.#running ??= this.#run();
  }

  /** Resolves when all has been told. */
  async told(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    // So that all that happens at this moment is told at once.
    await Promise.resolve();
    while (!this.#isEmpty) {
      try {
        await this.#tellAll();
      } catch (error) {
        // Those who do not hear it find out by looking.
        this.#logger.debug({ err: error }, "other processes could not be told of changes");
      }
    }
    this.#running = undefined;
  }

  #addReady({ queue, lowest }: ReadyQueue): void {
    const known = this.#ready.get(queue);
    const isKnown = lowest !== undefined && (known === undefined || known.lowest !== undefined);
    const lowestOfAll = isKnown ? lower(lowest, known?.lowest ?? lowest) : undefined;
    this.#ready.set(queue, { queue, lowest: lowestOfAll });
  }

  get #isEmpty(): boolean {
    const { size } = this.#ready;
    return (
      size + this.#cancel.size + this.#ended.length === 0 &&
      this.#dueAt === Number.POSITIVE_INFINITY
    );
  }

  async #tellAll(): Promise<void> {
    const ready = [...this.#ready.values()];
    const cancel = [...this.#cancel];
    const ended = this.#ended;
    const dueAt = this.#dueAt === Number.POSITIVE_INFINITY ? undefined : this.#dueAt;
    this.#ready.clear();
    this.#cancel.clear();
    this.#ended = [];
    this.#dueAt = Number.POSITIVE_INFINITY;
    await this.#database.use(async (session) => {
      const watched: string[] = [];
      if (ended.length > 0) {
        const rows = await session.run(this.#takeWatches, arrays.text(ended));
        watched.push(...rows.map(([id]) => id as string));
      }
      const told = { from: this.#from, ready, cancel, ended: watched };
      const payloads = encodeMessage(dueAt === undefined ? told : { ...told, dueAt });
      if (payloads.length === 0) return;
      await session.run(NOTIFY, this.#schema.channel, arrays.text(payloads));
    });
  }
}

/** Notifies of every payload. */
export const NOTIFY = unprepared("SELECT pg_notify($1, p) FROM unnest($2::text[]) AS u (p)");
