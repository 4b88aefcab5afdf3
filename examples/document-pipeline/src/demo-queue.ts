import { randomUUID } from "node:crypto";
import pg from "pg";
import { UsageError } from "./demo-error.ts";
import type { PostgresPlace } from "./worker/work-order.ts";

/** Where the demo's runs have their queues: in fresh schemas of the user's PostgreSQL, or in the object store. */
export class DemoQueue implements AsyncDisposable {
  readonly #url: string | undefined;
  readonly #schemas: string[] = [];

  private constructor(url: string | undefined) {
    this.#url = url;
  }

  /** @throws UsageError where the user's server cannot be used */
  static async open(url: string | undefined): Promise<DemoQueue> {
    const queue = new DemoQueue(url);
    try {
      await queue.#query("SELECT 1");
    } catch (error) {
      throw new UsageError(`--queue ${url}: ${(error as Error).message}`);
    }
    return queue;
  }

  /** For one run of the pipeline; undefined where its queue is in the object store. */
  placeOf(name: string): PostgresPlace | undefined {
    if (this.#url === undefined) return undefined;
    const schema = `wf_demo_${name}_${randomUUID().slice(0, 8)}`;
    this.#schemas.push(schema);
    return { connectionString: this.#url, schema };
  }

  /** Leaves nothing behind on a server that is the user's. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const schema of this.#schemas)
      await this.#query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
  }

  async #query(sql: string): Promise<void> {
    if (this.#url === undefined) return;
    const client = new pg.Client({ connectionString: this.#url });
    await client.connect();
    await client.query(sql).finally(() => client.end());
  }
}
