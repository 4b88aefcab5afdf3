import { hash } from "node:crypto";
import type { Schema } from "../layout/schema-name.ts";
import type { Reach } from "./operation.ts";

/**
 * KV keys that one transaction locks each by itself. The server keeps room for some 64 locks a connection
 * (`max_locks_per_transaction`); what touches more keys locks them all at once.
 */
export const MAX_KEY_LOCKS = 128;

/**
 * What keeps what a transaction has read of the KV true until it commits: locks on keys, whether the keys are
 * there or not, so that nobody can put one that others expect to be absent. Taken in one order, so that nobody
 * waits for each other, and given back at the end of the transaction.
 */
export class KeyLocks {
  readonly #salt: string;
  readonly #whole: bigint;

  constructor({ name }: Schema) {
    this.#salt = `wf kv ${name} `;
    this.#whole = numberOf(`wf kv of ${name}`);
  }

  /** What takes the locks, or undefined where none is needed. Holds numbers only. */
  statementFor(reaches: readonly Reach[]): string | undefined {
    const writes = new Set<string>();
    const reads = new Set<string>();
    for (const { kvReads, kvWrites } of reaches) {
      for (const key of kvReads) reads.add(key);
      for (const key of kvWrites) writes.add(key);
    }
    if (writes.size + reads.size === 0) return undefined;
    if (writes.size + reads.size > MAX_KEY_LOCKS) {
      return `SELECT pg_advisory_xact_lock(${this.#whole})`;
    }
    // Two keys may have one number: the stronger lock counts.
    const locks = new Map<bigint, string>();
    for (const key of reads) locks.set(numberOf(this.#salt + key), "pg_advisory_xact_lock_shared");
    for (const key of writes) locks.set(numberOf(this.#salt + key), "pg_advisory_xact_lock");
    const inOrder = [...locks].sort(([a], [b]) => (a < b ? -1 : 1));
    const calls = inOrder.map(([number, lock]) => `${lock}(${number})`);
    return `SELECT ${[`pg_advisory_xact_lock_shared(${this.#whole})`, ...calls].join(", ")}`;
  }
}

function numberOf(text: string): bigint {
  return hash("sha1", text, "buffer").readBigInt64BE();
}
