import { arrays } from "../database/array-parameter.ts";
import {
  type Call,
  call,
  prepared,
  type Row,
  type Statement,
  type Value,
} from "../database/session.ts";
import { DEAD, PENDING, SCHEDULED } from "../layout/migrations.ts";
import { nowSql } from "../time/queue-clock.ts";
import type { Reach } from "./operation.ts";
import { dedupPlace, type JobRow, type Picture } from "./picture.ts";

export type ReadName = "jobs" | "finished" | "kv" | "holders" | "usedIds";

/** The statements that read what operations have to see. */
export function readStatements(s: string): Readonly<Record<ReadName, Statement>> {
  return {
    jobs: prepared(
      `SELECT id, encode(queue, 'hex'), state, token, encode(dedup_key, 'hex'), cancel_requested,
        state = ${PENDING} OR (state = ${SCHEDULED} AND run_at <= ${nowSql("$1")}),
        lease_expires_at <= ${nowSql("$1")}
      FROM ${s}.jobs WHERE id = ANY ($2::text[]) ORDER BY id FOR UPDATE`,
    ),
    // After the rows of jobs, so that it sees what ended while those were waited for.
    finished: prepared(
      `SELECT id, encode(queue, 'hex'), state FROM ${s}.finished
      WHERE id = ANY ($1::text[]) ORDER BY id FOR UPDATE`,
    ),
    kv: prepared(
      `SELECT encode(key, 'hex'), encode(value, 'hex') FROM ${s}.kv WHERE key = ANY ($1::bytea[])`,
    ),
    holders: prepared(
      `SELECT encode(j.queue, 'hex'), encode(j.dedup_key, 'hex'), j.id
      FROM unnest($1::bytea[], $2::bytea[]) AS p (queue, dedup_key)
      JOIN ${s}.jobs j ON j.queue = p.queue AND j.dedup_key = p.dedup_key`,
    ),
    usedIds: prepared(
      `SELECT id FROM ${s}.jobs WHERE id = ANY ($1::text[])
      UNION ALL SELECT id FROM ${s}.finished WHERE id = ANY ($1::text[])`,
    ),
  };
}

/** A call, and what shows its rows to a picture. */
export interface Reading {
  readonly call: Call;
  readonly show: (picture: Picture, row: Row) => void;
}

/** What has to be read for operations, in this order. */
export function readingsFor(
  read: Readonly<Record<ReadName, Statement>>,
  reaches: readonly Reach[],
  readsClaims: boolean,
  now: Value,
): Reading[] {
  const readings: Reading[] = [];
  const rows = reaches.flatMap(({ rows }) => rows);
  const claimed = readsClaims ? reaches.flatMap(({ claimed }) => claimed ?? []) : [];
  if (rows.length + claimed.length > 0) {
    readings.push({
      call: call(read.jobs, now, arrays.text([...rows, ...claimed])),
      show: showJob,
    });
  }
  if (rows.length > 0) {
    readings.push({ call: call(read.finished, arrays.text(rows)), show: showFinished });
  }
  const expected = [...new Set(reaches.flatMap(({ expected }) => expected))];
  if (expected.length > 0) readings.push({ call: call(read.kv, bytes(expected)), show: showKv });
  const places = new Map(reaches.flatMap(({ places }) => [...places]));
  if (places.size > 0) {
    const parts = [...places.values()];
    const queues = bytes(parts.map(({ queue }) => queue));
    const keys = bytes(parts.map(({ dedupKey }) => dedupKey));
    readings.push({ call: call(read.holders, queues, keys), show: showHolder });
  }
  const newIds = reaches.flatMap(({ newIds }) => newIds);
  if (newIds.length > 0) {
    readings.push({ call: call(read.usedIds, arrays.text(newIds)), show: showUsedId });
  }
  return readings;
}

function showJob(picture: Picture, row: Row): void {
  const [id, queue, state, token, dedupKey, cancelRequested, isDue, leaseIsOver] = row;
  picture.jobs.set(id as string, {
    id: id as string,
    queue: fromHex(queue),
    state: Number(state) as JobRow["state"],
    token: token ?? undefined,
    dedupKey: dedupKey == null ? undefined : fromHex(dedupKey),
    cancelRequested: cancelRequested === "t",
    isDue: isDue === "t",
    leaseIsOver: leaseIsOver === "t",
  });
  picture.showUsedId(id as string);
}

function showFinished(picture: Picture, row: Row): void {
  const [id, queue, state] = row;
  picture.finished.set(id as string, { queue: fromHex(queue), isDead: Number(state) === DEAD });
}

function showKv(picture: Picture, [key, value]: Row): void {
  picture.showKv(fromHex(key), Buffer.from(value as string, "hex"));
}

function showHolder(picture: Picture, [queue, dedupKey, id]: Row): void {
  picture.showHolder(dedupPlace(fromHex(queue), fromHex(dedupKey)), id as string);
}

function showUsedId(picture: Picture, [id]: Row): void {
  picture.showUsedId(id as string);
}

function bytes(items: readonly string[]): Buffer {
  return arrays.bytea(items.map((item) => Buffer.from(item)));
}

function fromHex(hex: string | null | undefined): string {
  return Buffer.from(hex as string, "hex").toString();
}
