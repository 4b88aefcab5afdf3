import { type Statement, unprepared } from "../database/session.ts";
import { CLAIMED, DEAD, DONE, PENDING, SCHEDULED } from "../layout/migrations.ts";

/** Parameters 1 to 17 of both, in the order of their columns. */
const SHARED = [
  ["id", "text"],
  ["queue", "bytea"],
  ["state", "text"],
  ["priority", "int8"],
  ["attempts", "int8"],
  ["max_attempts", "int8"],
  ["enqueued_at", "int8"],
  ["run_at", "int8"],
  ["woken_at", "int8"],
  ["cancel_requested", "bool"],
  ["headers", "text"],
  ["backoff", "text"],
  ["on_dead", "text"],
  ["last_error", "bytea"],
  ["history", "text"],
  ["wake_payload", "bytea"],
  ["payload", "bytea"],
] as const;

type Column = readonly [name: string, type: string];

/** How a column is made of its parameter, where it is not that. */
const FROM: Readonly<Record<string, string>> = {
  state: `CASE n.state WHEN 'pending' THEN ${PENDING} WHEN 'scheduled' THEN ${SCHEDULED}
    WHEN 'claimed' THEN ${CLAIMED} WHEN 'done' THEN ${DONE} WHEN 'dead' THEN ${DEAD} END`,
  headers: "n.headers::json",
  backoff: "n.backoff::json",
  on_dead: "n.on_dead::json",
  history: `(SELECT array_agg(e.value ORDER BY e.number)
    FROM json_array_elements(n.history::json) WITH ORDINALITY AS e (value, number))`,
};

export function importStatements(
  s: string,
): Readonly<Record<"jobs" | "finished" | "kv" | "names" | "doneCounts", Statement>> {
  const insert = (
    table: string,
    own: readonly Column[],
    more: Readonly<Record<string, string>> = {},
  ) => {
    const given = [...SHARED, ...own];
    const names = given.map(([name]) => name);
    const values = names.map((name) => FROM[name] ?? `n.${name}`);
    const parameters = given.map(([, type], index) => `$${index + 1}::${type}[]`);
    return unprepared(
      `INSERT INTO ${s}.${table} (${[...names, ...Object.keys(more)].join(", ")})
      SELECT ${[...values, ...Object.values(more)].join(", ")}
      FROM unnest(${parameters.join(", ")}) AS n (${names.join(", ")})`,
    );
  };
  const ifClaimed = (value: string) => `CASE n.state WHEN 'claimed' THEN ${value} END`;
  return {
    jobs: insert(
      "jobs",
      [
        ["dedup_key", "bytea"],
        ["claimed_at", "int8"],
      ],
      // Its lease is over, so that the first who looks lets it die.
      { lease_expires_at: ifClaimed("0"), token: ifClaimed("'moved'") },
    ),
    finished: insert("finished", [["ended_at", "int8"]]),
    kv: unprepared(
      `INSERT INTO ${s}.kv (key, value) SELECT * FROM unnest($1::bytea[], $2::bytea[])`,
    ),
    names: unprepared(`INSERT INTO ${s}.queue_names (name) SELECT * FROM unnest($1::bytea[])`),
    // Counted for no process of this place, as those of processes that have gone.
    doneCounts: unprepared(
      `INSERT INTO ${s}.done_counts (queue, lane, count)
      SELECT n.queue, 0, n.count FROM unnest($1::bytea[], $2::int8[]) AS n (queue, count) WHERE n.count > 0`,
    ),
  };
}
