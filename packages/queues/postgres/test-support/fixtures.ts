import { type Claim, type Queue, systemClock } from "@wf/core";
import { PostgresQueue, type PostgresQueueOptions } from "../src/index.ts";
import type { SharedServer } from "./shared-server.ts";
import { freshSchema } from "./virtual-queue.ts";

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function text(value: Uint8Array | undefined): string | undefined {
  return value && new TextDecoder().decode(value);
}

/** A schema that is dropped, with all queues that were opened in it, at the end of the scope. */
export class TestSchema implements AsyncDisposable {
  readonly name = freshSchema();
  readonly #server: SharedServer;
  readonly #queues: PostgresQueue[] = [];

  constructor(server: SharedServer) {
    this.#server = server;
  }

  async open(options: Partial<PostgresQueueOptions> = {}): Promise<PostgresQueue> {
    const where =
      options.pool === undefined
        ? { connectionString: this.#server.url() }
        : { pool: options.pool };
    const queue = await PostgresQueue.open({
      ...where,
      schema: this.name,
      connections: 8,
      ...options,
    });
    this.#queues.push(queue);
    return queue;
  }

  async query(sql: string, values?: unknown[]) {
    return await this.#server.query(sql.replaceAll("{s}", `"${this.name}"`), values);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#queues.map((queue) => queue.close()));
    await this.#server.query(`DROP SCHEMA IF EXISTS "${this.name}" CASCADE`);
  }
}

/** Takes the one next job of a queue, waiting for it. */
export async function claimOne(queue: Queue, name = "jobs", lease?: number): Promise<Claim> {
  const claims = await queue.claim(name, { wait: "1m", ...(lease !== undefined && { lease }) });
  if (claims.length !== 1) throw new Error(`claimed ${claims.length} jobs`);
  return claims[0] as Claim;
}

/** Looks again and again until `look` gives something. */
export async function eventually<T>(look: () => Promise<T | undefined | false>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await systemClock.sleep(5);
  }
}

export function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
