import { prepared, type Statement } from "../database/session.ts";
import { jobColumns } from "../job-columns.ts";
import { CLAIMED, PENDING } from "../layout/migrations.ts";
import { nowSql } from "../time/queue-clock.ts";

export interface ClaimStatements {
  readonly claim: Statement;
  readonly claimed: Statement;
  readonly extend: Statement;
  readonly check: Statement;
}

export function claimStatements(s: string): ClaimStatements {
  const state = `${CLAIMED}`;
  const claimColumns = (row: string) =>
    `${jobColumns("jobs", row, state)}, ${row}.lease_expires_at, ${row}.backoff::text, ${row}.on_dead::text`;
  return {
    /**
     * The first pending jobs in claim order from a place ($8, $9) on that nobody else is about to claim or change.
     * Where there are none it writes nothing; where the lane ($6, $7) is not this process's any more it fails.
     */
    claim: prepared(
      `WITH now AS (SELECT ${nowSql("$1")} AS at), picked AS MATERIALIZED (
        SELECT id FROM ${s}.jobs WHERE queue = $2::bytea AND state = ${PENDING}
          AND (priority, id) >= ($8::bigint, $9::text)
        ORDER BY priority, id LIMIT $3::bigint FOR UPDATE SKIP LOCKED
      ), marked AS (
        UPDATE ${s}.lanes SET number = $7::bigint, used_at = now.at FROM now
        WHERE id = $6::bigint AND NOT retired AND EXISTS (SELECT FROM picked) RETURNING 1
      )
      UPDATE ${s}.jobs j SET state = ${CLAIMED}, attempts = j.attempts + 1, claimed_at = now.at,
        lease_expires_at = now.at + $4::bigint, token = $5::text, dedup_key = NULL
      FROM picked, now WHERE j.id = picked.id
      RETURNING ${claimColumns("j")}, 1 / (SELECT count(*) FROM marked)`,
    ),
    /** What the claim with this token took, where its answer was lost. */
    claimed: prepared(
      `SELECT ${claimColumns("j")} FROM ${s}.jobs j WHERE j.state = ${CLAIMED} AND j.token = $1::text`,
    ),
    extend: prepared(
      `UPDATE ${s}.jobs j
      SET lease_expires_at = greatest(j.lease_expires_at, ${nowSql("$1")} + g.remaining)
      FROM unnest($2::text[], $3::text[], $4::int8[]) AS g (id, token, remaining)
      WHERE j.id = g.id AND j.token = g.token
      RETURNING j.id, j.token, j.lease_expires_at, j.cancel_requested`,
    ),
    /** How claims that are open here stand. */
    check: prepared(
      `SELECT id, token, lease_expires_at, cancel_requested FROM ${s}.jobs
      WHERE id = ANY ($1::text[]) AND state = ${CLAIMED}`,
    ),
  };
}
