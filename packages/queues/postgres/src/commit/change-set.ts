import { lower, type Place } from "../claims/floors.ts";
import { arrays } from "../database/array-parameter.ts";
import { type Call, call, type Statement, type Value } from "../database/session.ts";
import type { Change } from "./change.ts";
import type { NewJob } from "./prepared-effects.ts";
import type { WriteName } from "./write-statements.ts";

/** Jobs of one queue that may be claimed now. */
export interface Ready {
  readonly count: number;
  /** The first of them in claim order; undefined: not known. */
  readonly lowest: Place | undefined;
}

/** What has to be told once changes are durable. */
export interface Happened {
  /** Queues that jobs were enqueued in. */
  readonly queues: ReadonlySet<string>;
  /** What became pending, by queue. */
  readonly ready: ReadonlyMap<string, Ready>;
  /** How long until the first of the new scheduled jobs falls due, or when. */
  readonly nextDelayMs: number;
  readonly nextRunAt: number;
  /** Jobs that are done, dead or removed. */
  readonly ended: readonly string[];
  readonly cancelRequested: readonly string[];
  /** Queues of which jobs are kept as done, or as dead. */
  readonly keptDone: ReadonlySet<string>;
  readonly keptDead: ReadonlySet<string>;
}

type Of<K extends Change["kind"]> = Extract<Change, { kind: K }>;

/** The changes of the operations of one batch, to be written together. */
export class ChangeSet implements Happened {
  readonly ready = new Map<string, Ready>();
  readonly ended: string[] = [];
  readonly cancelRequested: string[] = [];
  readonly keptDone = new Set<string>();
  readonly keptDead = new Set<string>();
  nextDelayMs = Number.POSITIVE_INFINITY;
  nextRunAt = Number.POSITIVE_INFINITY;
  readonly #byKind = new Map<Change["kind"], Change[]>();
  /** What a key holds in the end; undefined: nothing. */
  readonly #kv = new Map<string, Uint8Array | undefined>();

  add(changes: readonly Change[]): void {
    for (const change of changes) {
      if (change.kind === "put") this.#kv.set(change.key, change.value);
      else if (change.kind === "delete") this.#kv.set(change.key, undefined);
      else this.#addJob(change);
    }
  }

  get isEmpty(): boolean {
    return this.#byKind.size === 0 && this.#kv.size === 0;
  }

  /** The names of the queues that jobs are inserted into. */
  get queues(): ReadonlySet<string> {
    return new Set(this.#of("insert").map(({ job }) => job.queue));
  }

  /**
   * The calls that write the changes.
   *
   * @param newNames of {@link queues}, those that may have had no job before
   * @param lane counts what is done
   */
  calls(
    write: Readonly<Record<WriteName, Statement>>,
    now: Value,
    lane: string,
    newNames: readonly string[],
  ): Call[] {
    const calls: Call[] = [];
    const add = <T>(name: WriteName, items: readonly T[], values: () => Value[]) => {
      if (items.length > 0) calls.push(call(write[name], ...values()));
    };
    // First what frees ids and dedup keys, then what may take them.
    const done = this.#of("done").filter(({ keep }) => !keep);
    add("done", done, () => [...claimed(done), lane, done.length]);
    const kept = this.#of("done").filter(({ keep }) => keep);
    add("keepDone", kept, () => [now, ...claimed(kept), lane, kept.length]);
    const dead = this.#of("dead");
    add("dead", dead, () => [now, ...claimed(dead), ...errors(dead), dead.length]);
    const retry = this.#of("retry");
    const delays = () => arrays.int8(retry.map(({ delayMs }) => delayMs));
    add("retry", retry, () => [now, ...claimed(retry), ...errors(retry), delays(), retry.length]);
    for (const kind of ["remove", "requestCancel"] as const) {
      add(kind, this.#of(kind), () => [idsOf(this.#of(kind))]);
    }
    const wake = this.#of("wake");
    const payloads = () => arrays.bytea(wake.map(({ payload }) => payload));
    add("wake", wake, () => [now, idsOf(wake), payloads()]);
    add("requeue", this.#of("requeue"), () => [now, idsOf(this.#of("requeue"))]);
    add("names", newNames, () => [texts(newNames)]);
    const jobs = this.#of("insert").map(({ job }) => job);
    add("insert", jobs, () => [now, ...columns(jobs)]);
    const entries = [...this.#kv];
    const puts = entries.filter(([, value]) => value !== undefined);
    add("put", puts, () => [keysOf(puts), arrays.bytea(puts.map(([, value]) => value))]);
    const deletes = entries.filter(([, value]) => value === undefined);
    add("delete", deletes, () => [keysOf(deletes)]);
    return calls;
  }

  #of<K extends Change["kind"]>(kind: K): readonly Of<K>[] {
    return (this.#byKind.get(kind) ?? []) as Of<K>[];
  }

  #addJob(change: Change): void {
    const known = this.#byKind.get(change.kind);
    if (known === undefined) this.#byKind.set(change.kind, [change]);
    else known.push(change);
    switch (change.kind) {
      case "insert":
        return this.#expectJob(change.job);
      case "retry":
        if (change.delayMs === 0) return this.addReady(change.queue);
        this.nextDelayMs = Math.min(this.nextDelayMs, change.delayMs);
        return;
      case "wake":
      case "requeue":
        return this.addReady(change.queue);
      case "done":
        if (change.keep) this.keptDone.add(change.queue);
        this.ended.push(change.id);
        return;
      case "dead":
        this.keptDead.add(change.queue);
        this.ended.push(change.id);
        return;
      case "remove":
        this.ended.push(change.id);
        return;
      case "requestCancel":
        this.cancelRequested.push(change.id);
    }
  }

  #expectJob({ id, queue, priority, runAt, delayMs }: NewJob): void {
    // A time that is over makes it pending, which only the database knows.
    if (runAt !== undefined) this.nextRunAt = Math.min(this.nextRunAt, runAt);
    else if (delayMs !== undefined && delayMs > 0) {
      this.nextDelayMs = Math.min(this.nextDelayMs, delayMs);
      return;
    }
    this.addReady(queue, { priority, id });
  }

  /** A job of the queue may be claimed now, at `place` where that is known. */
  addReady(queue: string, place?: Place): void {
    const known = this.ready.get(queue);
    const isKnown = place !== undefined && (known === undefined || known.lowest !== undefined);
    const lowest = isKnown ? lower(place, known?.lowest ?? place) : undefined;
    this.ready.set(queue, { count: (known?.count ?? 0) + 1, lowest });
  }
}

function claimed(changes: readonly { id: string; token: string }[]): Value[] {
  return [idsOf(changes), arrays.text(changes.map(({ token }) => token))];
}

function errors(changes: readonly { error: string }[]): Value[] {
  return [
    texts(changes.map(({ error }) => error)),
    arrays.text(changes.map(({ error }) => JSON.stringify(error))),
  ];
}

function idsOf(changes: readonly { id: string }[]): Buffer {
  return arrays.text(changes.map(({ id }) => id));
}

function keysOf(entries: readonly (readonly [key: string, value: unknown])[]): Buffer {
  return texts(entries.map(([key]) => key));
}

/** Text that may hold a NUL. */
function texts(items: readonly (string | undefined)[]): Buffer {
  return arrays.bytea(items.map((item) => (item === undefined ? undefined : Buffer.from(item))));
}

function columns(jobs: readonly NewJob[]): Value[] {
  return [
    arrays.text(jobs.map(({ id }) => id)),
    texts(jobs.map(({ queue }) => queue)),
    arrays.int8(jobs.map(({ priority }) => priority)),
    arrays.int8(jobs.map(({ maxAttempts }) => maxAttempts)),
    arrays.int8(jobs.map(({ runAt }) => runAt)),
    arrays.int8(jobs.map(({ delayMs }) => delayMs)),
    texts(jobs.map(({ dedupKey }) => dedupKey)),
    arrays.text(jobs.map(({ headers }) => headers)),
    arrays.text(jobs.map(({ backoff }) => backoff)),
    arrays.text(jobs.map(({ onDead }) => onDead)),
    arrays.bytea(jobs.map(({ payload }) => payload)),
  ];
}
