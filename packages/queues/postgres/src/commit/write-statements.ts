import { prepared, type Statement } from "../database/session.ts";
import { DEAD, DONE, PENDING, SCHEDULED } from "../layout/migrations.ts";
import { nowSql } from "../time/queue-clock.ts";

/** The newest entries of a job's history that are kept. */
const MAX_HISTORY = 100;

/** What a job takes along when it ends, and back when it gets a new life. */
const KEPT =
  "id, queue, priority, attempts, max_attempts, enqueued_at, run_at, woken_at, cancel_requested, " +
  "headers, backoff, on_dead, wake_payload, payload";
const keptOf = (table: string) =>
  KEPT.split(", ")
    .map((column) => `${table}.${column}`)
    .join(", ");

/** The history of a row with one entry more, which says how its delivery ended. `now.at` is the time. */
export function historyWith(row: string, outcome: string, error = "NULL::json"): string {
  return historyAnd(
    row,
    `json_build_object('attempt', ${row}.attempts, 'claimedAt', ${row}.claimed_at,
      'recordedAt', now.at, 'outcome', '${outcome}', 'error', ${error})`,
  );
}

function historyAnd(row: string, entry: string): string {
  const full = `cardinality(${row}.history) >= ${MAX_HISTORY}`;
  return `CASE WHEN ${full} THEN ${row}.history[2:] ELSE ${row}.history END || ARRAY[${entry}]`;
}

/** Fails, and the transaction with it, where `count` rows are not `parameter`: SQL knows no plainer way to say so. */
const must = (count: string, parameter: string) =>
  `SELECT 1 / ((SELECT count(*) FROM ${count}) = ${parameter}::bigint)::int`;

/** The statements that carry out changes, each for any number of them. */
export function writeStatements(s: string): Readonly<Record<WriteName, Statement>> {
  const counted = (from: string, lane: string) =>
    `counted AS (
      INSERT INTO ${s}.done_counts AS c (queue, lane, count)
      SELECT queue, ${lane}::bigint, count(*) FROM ${from} GROUP BY queue
      ON CONFLICT (queue, lane) DO UPDATE SET count = c.count + excluded.count
    )`;
  const now = `now AS (SELECT ${nowSql("$1")} AS at)`;
  const endedBy = (state: number, history: string, error: string) =>
    `INSERT INTO ${s}.finished (${KEPT}, state, ended_at, last_error, history)
      SELECT ${keptOf("gone")}, ${state}, now.at, ${error}, ${history} FROM gone, now`;
  return {
    names: prepared(
      `INSERT INTO ${s}.queue_names (name)
      SELECT n.name FROM unnest($1::bytea[]) AS n (name)
      WHERE NOT EXISTS (SELECT FROM ${s}.queue_names q WHERE q.name = n.name)`,
    ),
    insert: prepared(
      `INSERT INTO ${s}.jobs (id, queue, state, priority, max_attempts, enqueued_at, run_at, dedup_key,
        headers, backoff, on_dead, payload)
      SELECT n.id, n.queue, CASE WHEN n.due > now.at THEN ${SCHEDULED} ELSE ${PENDING} END,
        n.priority, n.max_attempts, now.at, CASE WHEN n.due > now.at THEN n.due END, n.dedup_key,
        n.headers::json, n.backoff::json, n.on_dead::json, n.payload
      FROM (SELECT ${nowSql("$1")} AS at) AS now, LATERAL (
        SELECT u.*, coalesce(u.run_at, now.at + u.delay) AS due
        FROM unnest($2::text[], $3::bytea[], $4::int8[], $5::int8[], $6::int8[], $7::int8[], $8::bytea[],
          $9::text[], $10::text[], $11::text[], $12::bytea[])
        AS u (id, queue, priority, max_attempts, run_at, delay, dedup_key, headers, backoff, on_dead, payload)
      ) AS n`,
    ),
    done: prepared(
      `WITH gone AS (
        DELETE FROM ${s}.jobs j USING unnest($1::text[], $2::text[]) AS g (id, token)
        WHERE j.id = g.id AND j.token = g.token RETURNING j.queue
      ), ${counted("gone", "$3")}
      ${must("gone", "$4")}`,
    ),
    keepDone: prepared(
      `WITH ${now}, gone AS (
        DELETE FROM ${s}.jobs j USING unnest($2::text[], $3::text[]) AS g (id, token)
        WHERE j.id = g.id AND j.token = g.token RETURNING j.*
      ), ${counted("gone", "$4")}, kept AS (
        ${endedBy(DONE, historyWith("gone", "completed"), "gone.last_error")} RETURNING 1
      )
      ${must("kept", "$5")}`,
    ),
    dead: prepared(
      `WITH ${now}, gone AS (
        DELETE FROM ${s}.jobs j
        USING unnest($2::text[], $3::text[], $4::bytea[], $5::text[]) AS g (id, token, error, error_json)
        WHERE j.id = g.id AND j.token = g.token RETURNING j.*, g.error, g.error_json
      ), kept AS (
        ${endedBy(DEAD, historyWith("gone", "dead_lettered", "gone.error_json::json"), "gone.error")}
        RETURNING 1
      )
      ${must("kept", "$6")}`,
    ),
    retry: prepared(
      `WITH ${now}, back AS (
        UPDATE ${s}.jobs j SET
          state = CASE WHEN g.delay > 0 THEN ${SCHEDULED} ELSE ${PENDING} END,
          run_at = CASE WHEN g.delay > 0 THEN now.at + g.delay ELSE j.run_at END,
          last_error = g.error, token = NULL, lease_expires_at = NULL, claimed_at = NULL,
          history = ${historyWith("j", "retried", "g.error_json::json")}
        FROM now, unnest($2::text[], $3::text[], $4::bytea[], $5::text[], $6::int8[])
          AS g (id, token, error, error_json, delay)
        WHERE j.id = g.id AND j.token = g.token RETURNING 1
      )
      ${must("back", "$7")}`,
    ),
    remove: prepared(`DELETE FROM ${s}.jobs WHERE id = ANY ($1::text[])`),
    requestCancel: prepared(
      `UPDATE ${s}.jobs SET cancel_requested = true WHERE id = ANY ($1::text[])`,
    ),
    wake: prepared(
      `UPDATE ${s}.jobs j SET state = ${PENDING}, woken_at = ${nowSql("$1")}, wake_payload = g.payload
      FROM unnest($2::text[], $3::bytea[]) AS g (id, payload) WHERE j.id = g.id`,
    ),
    requeue: prepared(
      `WITH ${now}, gone AS (
        DELETE FROM ${s}.finished WHERE id = ANY ($2::text[]) RETURNING *
      )
      INSERT INTO ${s}.jobs (id, queue, priority, max_attempts, enqueued_at, run_at, woken_at, headers, backoff,
        on_dead, wake_payload, payload, state, attempts, history)
      SELECT id, queue, priority, max_attempts, enqueued_at, run_at, woken_at, headers, backoff,
        on_dead, wake_payload, payload, ${PENDING}, 0,
        ${historyAnd("gone", "json_build_object('attempt', 0, 'recordedAt', now.at, 'outcome', 'requeued')")}
      FROM gone, now`,
    ),
    put: prepared(
      `INSERT INTO ${s}.kv (key, value) SELECT * FROM unnest($1::bytea[], $2::bytea[])
      ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
    ),
    delete: prepared(`DELETE FROM ${s}.kv WHERE key = ANY ($1::bytea[])`),
    mark: prepared(
      `WITH marked AS (
        UPDATE ${s}.lanes SET number = $3::bigint, used_at = ${nowSql("$1")}
        WHERE id = $2::bigint AND NOT retired RETURNING 1
      )
      ${must("marked", "1")}`,
    ),
  };
}

export type WriteName =
  | "names"
  | "insert"
  | "done"
  | "keepDone"
  | "dead"
  | "retry"
  | "remove"
  | "requestCancel"
  | "wake"
  | "requeue"
  | "put"
  | "delete"
  | "mark";
