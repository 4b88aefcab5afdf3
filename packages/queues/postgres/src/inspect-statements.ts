import { type Statement, unprepared } from "./database/session.ts";
import { jobColumns } from "./job-columns.ts";
import { CLAIMED, DEAD, DONE, PENDING, SCHEDULED } from "./layout/migrations.ts";
import { nowSql } from "./time/queue-clock.ts";

export type InspectName =
  | "jobs"
  | "pending"
  | "scheduled"
  | "claimed"
  | "done"
  | "dead"
  | "queues"
  | "stats"
  | "attempts";

/** Planned each time, because they are asked seldom and of queues of any size. */
export function inspectStatements(s: string): Readonly<Record<InspectName, Statement>> {
  const now = nowSql("$5");
  /** A job is pending once it is due, whether or not somebody has noted that yet. */
  const isDue = (row: string, at = now) => `${row}.state = ${SCHEDULED} AND ${row}.run_at <= ${at}`;
  const state = (at: string) => `CASE WHEN ${isDue("j", at)} THEN ${PENDING} ELSE j.state END`;
  const live = jobColumns("jobs", "j", state(now));
  const ended = jobColumns("finished", "f", "f.state");
  /** Of the jobs of queue $1, up to $4 after the place ($2, $3); without a rank they are in the order of their ids. */
  const page = (columns: string, from: string, where: string, rank?: string) => {
    const id = `${from.slice(-1)}.id`;
    const isAfter =
      rank === undefined
        ? `$2::bigint IS NOT NULL AND ${id} > $3::text`
        : `(${rank}, ${id}) > ($2::bigint, $3::text)`;
    return unprepared(
      `SELECT ${columns} FROM ${s}.${from}
      WHERE ${from.slice(-1)}.queue = $1::bytea AND ${where} AND ${isAfter}
      ORDER BY ${rank === undefined ? id : `${rank}, ${id}`} LIMIT $4::bigint`,
    );
  };
  return {
    jobs: unprepared(
      `SELECT ${jobColumns("jobs", "j", state(nowSql("$1")))} FROM ${s}.jobs j
      WHERE j.id = ANY ($2::text[])
      UNION ALL SELECT ${ended} FROM ${s}.finished f WHERE f.id = ANY ($2::text[])`,
    ),
    pending: unprepared(
      `SELECT ${live} FROM (
        (SELECT * FROM ${s}.jobs WHERE queue = $1::bytea AND state = ${PENDING}
          AND (priority, id) > ($2::bigint, $3::text) ORDER BY priority, id LIMIT $4::bigint)
        UNION ALL
        (SELECT * FROM ${s}.jobs d WHERE queue = $1::bytea AND ${isDue("d")}
          AND (priority, id) > ($2::bigint, $3::text) ORDER BY priority, id LIMIT $4::bigint)
      ) AS j ORDER BY j.priority, j.id LIMIT $4::bigint`,
    ),
    scheduled: page(live, "jobs j", `j.state = ${SCHEDULED} AND j.run_at > ${now}`, "j.run_at"),
    claimed: page(live, "jobs j", `j.state = ${CLAIMED}`),
    done: page(ended, "finished f", `f.state = ${DONE}`, "f.ended_at"),
    dead: page(ended, "finished f", `f.state = ${DEAD}`),
    queues: unprepared(`SELECT DISTINCT encode(name, 'hex') FROM ${s}.queue_names`),
    stats: unprepared(
      `WITH now AS (SELECT ${nowSql("$1")} AS at), ready AS (
        SELECT count(*) AS count, min(enqueued_at) AS oldest FROM ${s}.jobs
        WHERE queue = $2::bytea AND state = ${PENDING}
      ), due AS (
        SELECT count(*) AS count, min(j.enqueued_at) AS oldest FROM ${s}.jobs j
        WHERE j.queue = $2::bytea AND ${isDue("j", nowSql("$1"))}
      )
      SELECT ready.count + due.count,
        (SELECT count(*) FROM ${s}.jobs WHERE queue = $2::bytea AND state = ${SCHEDULED}) - due.count,
        (SELECT count(*) FROM ${s}.jobs WHERE queue = $2::bytea AND state = ${CLAIMED}),
        (SELECT coalesce(sum(count), 0) FROM ${s}.done_counts WHERE queue = $2::bytea),
        (SELECT count(*) FROM ${s}.finished WHERE queue = $2::bytea AND state = ${DEAD}),
        now.at - least(ready.oldest, due.oldest)
      FROM now, ready, due`,
    ),
    attempts: unprepared(
      `SELECT array_to_json(history)::text FROM ${s}.jobs WHERE id = $1
      UNION ALL SELECT array_to_json(history)::text FROM ${s}.finished WHERE id = $1`,
    ),
  };
}
