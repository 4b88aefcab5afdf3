import { setImmediate as turn } from "node:timers/promises";
import pg from "pg";
import type {
  PostgresNotification,
  PostgresPool,
  PostgresPoolClient,
  PostgresQuery,
} from "../src/index.ts";

/** Turns of the event loop without a query after which nobody is about to make one. */
const QUIET_TURNS = 8;

/**
 * A pool that knows when nothing is under way, and that can be killed as a process is: from then on its connections are
 * gone and it gives no more.
 */
export class MortalPool implements PostgresPool {
  readonly options: { readonly max: number };
  readonly #pool: pg.Pool;
  #underWay = 0;
  #isDead = false;

  constructor(connectionString: string, options: pg.PoolConfig = {}) {
    this.#pool = new pg.Pool({ connectionString, max: 8, ...options });
    this.#pool.on("error", () => {});
    this.options = { max: this.#pool.options.max };
  }

  async connect(): Promise<PostgresPoolClient> {
    return await this.#during(async () => {
      if (this.#isDead) throw new Error("the process is dead");
      const client = await this.#pool.connect();
      return this.#watched(client);
    });
  }

  async end(): Promise<void> {
    await this.#pool.end();
  }

  /** Resolves when no query is under way and none has begun for some turns. */
  async idle(): Promise<void> {
    for (let quiet = 0; quiet < QUIET_TURNS; quiet++) {
      await turn();
      if (this.#underWay > 0) quiet = -1;
    }
  }

  kill(): void {
    this.#isDead = true;
    for (const client of this.#clients) client.connection.stream.destroy();
  }

  readonly #clients = new Set<pg.PoolClient>();

  #watched(client: pg.PoolClient): PostgresPoolClient {
    this.#clients.add(client);
    return {
      pipeline: client.pipeline,
      connection: client.connection,
      query: (query: PostgresQuery) =>
        this.#during(async () => {
          if (this.#isDead) throw new Error("the process is dead");
          return await client.query(query as pg.QueryConfig);
        }),
      on: (event: string, listener: (given: never) => void) =>
        client.on(event as "notification", listener as (given: PostgresNotification) => void),
      removeListener: (event: string, listener: (error: Error) => void) =>
        client.removeListener(event, listener),
      release: (destroy?: boolean) => {
        this.#clients.delete(client);
        client.release(destroy);
      },
    };
  }

  async #during<T>(work: () => Promise<T>): Promise<T> {
    this.#underWay++;
    try {
      return await work();
    } finally {
      this.#underWay--;
    }
  }
}
