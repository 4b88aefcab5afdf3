import {
  type GetOptions,
  type ListOptions,
  type ObjectMeta,
  type ObjectStore,
  type PutOptions,
  StoreError,
} from "@wf/core";
import pg from "pg";
import type { PostgresPool, PostgresPoolClient, PostgresQuery } from "../../src/index.ts";

/** Whether the act at which the process dies is done. */
export type Moment = "before" | "after";

/** A process that writes to a store and talks to a database, and dies at one of its writes and statements. */
export class MortalProcess {
  /** What it has done, in order. */
  readonly acts: string[] = [];
  readonly #diesAt: number | undefined;
  readonly #moment: Moment;
  readonly #onDeath: (() => void)[] = [];
  isDead = false;

  constructor(diesAt?: number, moment: Moment = "before") {
    this.#diesAt = diesAt;
    this.#moment = moment;
  }

  async act<T>(what: string, act: () => Promise<T>): Promise<T> {
    this.check();
    const number = this.acts.push(what) - 1;
    if (number !== this.#diesAt) return await act();
    if (this.#moment === "after") await act();
    this.isDead = true;
    for (const die of this.#onDeath) die();
    throw dead();
  }

  check(): void {
    if (this.isDead) throw dead();
  }

  onDeath(die: () => void): void {
    this.#onDeath.push(die);
  }
}

/** Of a kind that nobody tries again. */
function dead(): StoreError {
  return new StoreError("WF_STORE_UNSUPPORTED", "the process is dead");
}

export class MortalStore implements ObjectStore {
  readonly #inner: ObjectStore;
  readonly #process: MortalProcess;

  constructor(inner: ObjectStore, process: MortalProcess) {
    this.#inner = inner;
    this.#process = process;
  }

  put(key: string, body: Uint8Array, options?: PutOptions): Promise<void> {
    return this.#process.act(`put ${key}`, () => this.#inner.put(key, body, options));
  }

  delete(keys: string | readonly string[]): Promise<void> {
    return this.#process.act(`delete ${keys}`, () => this.#inner.delete(keys));
  }

  async get(key: string, options?: GetOptions): Promise<Uint8Array | undefined> {
    this.#process.check();
    return await this.#inner.get(key, options);
  }

  async *list(prefix: string, options?: ListOptions): AsyncIterable<ObjectMeta> {
    this.#process.check();
    yield* this.#inner.list(prefix, options);
  }
}

/** A pool whose connections are gone when the process is. */
export class ProcessPool implements PostgresPool {
  readonly options = { max: 4 };
  readonly #pool: pg.Pool;
  readonly #process: MortalProcess;
  readonly #clients = new Set<pg.PoolClient>();

  constructor(connectionString: string, process: MortalProcess) {
    this.#pool = new pg.Pool({ connectionString, max: 4 });
    this.#pool.on("error", () => {});
    this.#process = process;
    process.onDeath(() => {
      for (const client of this.#clients) client.connection.stream.destroy();
    });
  }

  async connect(): Promise<PostgresPoolClient> {
    this.#process.check();
    const client = await this.#pool.connect();
    this.#clients.add(client);
    return {
      pipeline: false,
      connection: client.connection,
      query: (query: PostgresQuery) =>
        this.#process.act(query.text.trim().slice(0, 60), () =>
          client.query(query as pg.QueryConfig),
        ),
      on: (event: string, listener: (given: never) => void) =>
        client.on(event as "error", listener as (error: Error) => void),
      removeListener: (event: string, listener: (error: Error) => void) =>
        client.removeListener(event, listener),
      release: (destroy?: boolean) => {
        this.#clients.delete(client);
        client.release(destroy);
      },
    };
  }

  async end(): Promise<void> {
    await this.#pool.end();
  }
}
