import type { Clock, ObjectStore } from "@wf/core";
import { MemoryObjectStore, type MockClock, seededRandom } from "@wf/testing";
import type { PostgresPool } from "../../src/index.ts";
import { type MoveResult, moveQueue, type UndoOptions, undoMove } from "../../src/move.ts";
import { PostgresQueue } from "../../src/postgres-queue.ts";
import { MortalPool } from "../mortal-pool.ts";
import type { SharedServer } from "../shared-server.ts";
import { advance, freshSchema } from "../virtual-queue.ts";
import { PREFIX, QUEUES } from "./full-queue.ts";

let seeds = 1_000;

/** A place to move to, in a schema of its own that is dropped at the end of the scope. */
export class Place implements AsyncDisposable {
  readonly schema = freshSchema();
  readonly #server: SharedServer;
  readonly #queues: PostgresQueue[] = [];
  readonly #pools: MortalPool[] = [];

  constructor(server: SharedServer) {
    this.#server = server;
  }

  async move(store: ObjectStore, clock: Clock, pool?: PostgresPool): Promise<MoveResult> {
    return await moveQueue({ from: this.#from(store, clock), to: this.#to(pool) });
  }

  async undo(
    store: ObjectStore,
    clock: Clock,
    { pool, ...more }: Partial<UndoOptions> & { readonly pool?: PostgresPool } = {},
  ): Promise<void> {
    await undoMove({ from: this.#from(store, clock), to: this.#to(pool), ...more });
  }

  /** The queue here on virtual time, and how to move that on. */
  async open(
    clock: MockClock,
  ): Promise<{ queue: PostgresQueue; advance(ms: number): Promise<void> }> {
    const pool = new MortalPool(this.#server.url());
    this.#pools.push(pool);
    const random = seededRandom(++seeds);
    const { schema } = this;
    const queue = await PostgresQueue.open({
      pool,
      schema,
      clock,
      random,
      queues: QUEUES,
      pollInterval: "50d",
    });
    this.#queues.push(queue);
    // What is due already is pending then.
    await pool.idle();
    return { queue, advance: (ms) => advance(clock, [pool], ms) };
  }

  /** Jobs here, whatever their state. */
  async jobs(): Promise<number> {
    const { rows } = await this.query(
      "SELECT (SELECT count(*) FROM {s}.jobs) + (SELECT count(*) FROM {s}.finished) AS count",
    );
    return Number(rows[0].count);
  }

  async query(sql: string) {
    return await this.#server.query(sql.replaceAll("{s}", `"${this.schema}"`));
  }

  async close(): Promise<void> {
    await Promise.all(this.#queues.splice(0).map((queue) => queue.close()));
    await Promise.all(this.#pools.splice(0).map((pool) => pool.end()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
    await this.query("DROP SCHEMA IF EXISTS {s} CASCADE");
  }

  #from(store: ObjectStore, clock: Clock) {
    return { store, prefix: PREFIX, clock, random: seededRandom(++seeds) };
  }

  #to(pool: PostgresPool | undefined) {
    const { schema } = this;
    return pool === undefined ? { connectionString: this.#server.url(), schema } : { pool, schema };
  }
}

export async function copyOf(store: ObjectStore, clock: Clock): Promise<MemoryObjectStore> {
  const copy = new MemoryObjectStore({ clock });
  for await (const { key } of store.list("")) {
    await copy.put(key, (await store.get(key)) as Uint8Array);
  }
  return copy;
}
