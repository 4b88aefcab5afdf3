import type { Logger } from "@wf/core";
import type { PostgresNotification, PostgresPoolClient } from "../database/client.ts";
import { type Database, DatabaseFailure } from "../database/database.ts";
import type { Schema } from "../layout/schema-name.ts";
import type { QueueClock } from "../time/queue-clock.ts";
import { decodeMessage, type Message } from "./message.ts";

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5_000;

export interface ListenerOptions {
  readonly database: Database;
  readonly clock: QueueClock;
  readonly logger: Logger;
  readonly schema: Schema;
  readonly onMessage: (message: Message) => void;
  /** It listens from now on; what was told before may have been missed. */
  readonly onListening: () => void;
}

/** Hears what other processes tell, on a connection that it keeps; makes a new one when that is lost. */
export class Listener {
  readonly #options: ListenerOptions;
  readonly #stopped = new AbortController();
  #client: PostgresPoolClient | undefined;
  #running: Promise<void> | undefined;

  constructor(options: ListenerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#letGo(true);
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, logger } = this.#options;
    const { signal } = this.#stopped;
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        await this.#listen(() => {
          failures = 0;
        });
      } catch (error) {
        const err = error instanceof DatabaseFailure ? error.cause : error;
        logger.warn(
          { err },
          "not listening for other processes; looking from time to time until then",
        );
      }
      this.#letGo(true);
      const wait = Math.min(FIRST_WAIT_MS * 2 ** failures, LONGEST_WAIT_MS);
      await clock.sleep(wait, signal).catch(() => {}); // stopped
    }
  }

  /** Resolves or fails when the connection is lost. */
  async #listen(onListening: () => void): Promise<void> {
    const { database, schema } = this.#options;
    const client = await database.connect();
    if (this.#stopped.signal.aborted) return client.release();
    this.#client = client;
    await new Promise<void>((resolve, reject) => {
      this.#lostBy = resolve;
      client.on("error", reject);
      client.on("end", resolve);
      client.on("notification", this.#hear);
      client.query({ text: `LISTEN ${schema.channel}` }).then(() => {
        onListening();
        this.#options.onListening();
      }, reject);
    });
  }

  #lostBy: (() => void) | undefined;

  readonly #hear = ({ channel, payload }: PostgresNotification): void => {
    if (channel !== this.#options.schema.channel) return;
    const message = decodeMessage(payload);
    if (message !== undefined) this.#options.onMessage(message);
  };

  #letGo(destroy: boolean): void {
    this.#client?.release(destroy);
    this.#client = undefined;
    this.#lostBy?.();
  }
}
