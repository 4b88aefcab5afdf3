import { type Clock, type Duration, systemClock } from "@wf/core";
import type { Value } from "../database/session.ts";

/**
 * What time it is, in milliseconds, in a statement: as the parameter says, or where that is null as the database does
 * at the statement's start. That does not change while it runs, so that an index can be searched by it.
 */
export function nowSql(parameter: string): string {
  return `coalesce(${parameter}::bigint, (extract(epoch FROM statement_timestamp()) * 1000)::bigint)`;
}

/**
 * What time it is for the queue. With a clock of the program's own, that one says it, in every statement too.
 * Else the database does: leases and due times are compared there, so that processes whose clocks differ agree;
 * `now` is an estimate of it, for knowing when to look.
 */
export class QueueClock implements Clock {
  readonly #given: Clock | undefined;
  #offsetMs = 0;

  constructor(given: Clock | undefined) {
    this.#given = given;
  }

  now(): number {
    return this.#given?.now() ?? systemClock.now() + this.#offsetMs;
  }

  sleep(duration: Duration, signal?: AbortSignal): Promise<void> {
    return (this.#given ?? systemClock).sleep(duration, signal);
  }

  /** For a statement: the time, or null for the database's own. */
  get parameter(): Value {
    return this.#given?.now() ?? null;
  }

  /** Learns from what the database said its time was, at some moment since `askedAt` of this clock. */
  learn(databaseNow: number, askedAt: number): void {
    if (this.#given !== undefined) return;
    const between = (askedAt + this.now()) / 2;
    this.#offsetMs += Math.round(databaseNow - between);
  }
}
