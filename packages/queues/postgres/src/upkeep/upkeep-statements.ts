import { historyWith } from "../commit/write-statements.ts";
import { prepared, type Statement } from "../database/session.ts";
import { CLAIMED, DEAD, DONE, PENDING, SCHEDULED } from "../layout/migrations.ts";
import { nowSql } from "../time/queue-clock.ts";

/** Jobs that one statement changes at most. */
export const UPKEEP_BATCH = 1_000;

export type UpkeepName =
  | "promote"
  | "takeBack"
  | "dying"
  | "giveBack"
  | "next"
  | "sweep"
  | "oldest"
  | "foldLanes"
  | "untold";

export function upkeepStatements(s: string): Readonly<Record<UpkeepName, Statement>> {
  const now = `now AS (SELECT ${nowSql("$1")} AS at)`;
  return {
    /** Scheduled jobs that are due become pending. */
    promote: prepared(
      `WITH due AS MATERIALIZED (
        SELECT id FROM ${s}.jobs WHERE state = ${SCHEDULED} AND run_at <= ${nowSql("$1")}
        ORDER BY run_at, id LIMIT ${UPKEEP_BATCH} FOR UPDATE SKIP LOCKED
      )
      UPDATE ${s}.jobs j SET state = ${PENDING} FROM due WHERE j.id = due.id
      RETURNING encode(j.queue, 'hex')`,
    ),
    /** Claimed jobs whose lease is over are pending again. Those that have no attempt left are not among them. */
    takeBack: prepared(
      `WITH ${now}, over AS MATERIALIZED (
        SELECT id, token FROM ${s}.jobs
        WHERE state = ${CLAIMED} AND lease_expires_at <= ${nowSql("$1")} AND attempts < max_attempts
        ORDER BY lease_expires_at LIMIT ${UPKEEP_BATCH} FOR UPDATE SKIP LOCKED
      )
      UPDATE ${s}.jobs j SET state = ${PENDING}, token = NULL, lease_expires_at = NULL, claimed_at = NULL,
        history = ${historyWith("j", "lease_expired")}
      FROM over, now WHERE j.id = over.id
      RETURNING encode(j.queue, 'hex'), j.id, over.token`,
    ),
    /** Those that have none: their deaths are decided one by one, because more may follow from them. */
    dying: prepared(
      `SELECT id, token, encode(queue, 'hex'), on_dead::text FROM ${s}.jobs
      WHERE state = ${CLAIMED} AND lease_expires_at <= ${nowSql("$1")} AND attempts >= max_attempts
      ORDER BY lease_expires_at LIMIT ${UPKEEP_BATCH}`,
    ),
    /** What was claimed and not given to anybody, as if it had not been. */
    giveBack: prepared(
      `UPDATE ${s}.jobs j SET state = ${PENDING}, token = NULL, lease_expires_at = NULL, claimed_at = NULL,
        attempts = j.attempts - 1
      FROM unnest($1::text[], $2::text[]) AS g (id, token)
      WHERE j.id = g.id AND j.token = g.token RETURNING encode(j.queue, 'hex')`,
    ),
    /** When the next job falls due, when the next lease ends, and what time it is. */
    next: prepared(
      `SELECT
        (SELECT run_at FROM ${s}.jobs WHERE state = ${SCHEDULED} ORDER BY run_at LIMIT 1),
        (SELECT lease_expires_at FROM ${s}.jobs WHERE state = ${CLAIMED} ORDER BY lease_expires_at LIMIT 1),
        ${nowSql("$1")}`,
    ),
    /** Removes what has ended before a time, the oldest first. */
    sweep: prepared(
      `WITH old AS MATERIALIZED (
        SELECT id FROM ${s}.finished WHERE queue = $2::bytea AND state = $3::smallint
          AND ended_at < ${nowSql("$1")} - $4::bigint
        ORDER BY ended_at, id LIMIT ${UPKEEP_BATCH} FOR UPDATE SKIP LOCKED
      ), gone AS (
        DELETE FROM ${s}.finished f USING old WHERE f.id = old.id RETURNING 1
      )
      SELECT count(*) FROM gone`,
    ),
    /** For each queue, when the oldest of its done and of its dead jobs ended. */
    oldest: prepared(
      `SELECT encode(q.name, 'hex'), done.at, dead.at
      FROM (SELECT DISTINCT name FROM ${s}.queue_names) AS q
      LEFT JOIN LATERAL (
        SELECT ended_at AS at FROM ${s}.finished WHERE queue = q.name AND state = ${DONE}
        ORDER BY ended_at, id LIMIT 1
      ) AS done ON true
      LEFT JOIN LATERAL (
        SELECT ended_at AS at FROM ${s}.finished WHERE queue = q.name AND state = ${DEAD}
        ORDER BY ended_at, id LIMIT 1
      ) AS dead ON true`,
    ),
    /** Removes lanes that are not used any more, keeping what was counted by them. */
    foldLanes: prepared(
      `WITH old AS (
        DELETE FROM ${s}.lanes WHERE used_at < ${nowSql("$1")} - $2::bigint RETURNING id
      ), counts AS (
        DELETE FROM ${s}.done_counts c USING old WHERE c.lane = old.id RETURNING c.queue, c.count
      )
      INSERT INTO ${s}.done_counts AS c (queue, lane, count)
      SELECT queue, 0, sum(count)::bigint FROM counts GROUP BY queue
      ON CONFLICT (queue, lane) DO UPDATE SET count = c.count + excluded.count`,
    ),
    /** Jobs that somebody waits for, or has waited for, and whose end is not told of yet. */
    untold: prepared(
      `SELECT job_id FROM ${s}.watches w WHERE NOT EXISTS (SELECT FROM ${s}.jobs j WHERE j.id = w.job_id)`,
    ),
  };
}
