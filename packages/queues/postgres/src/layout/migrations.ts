/** States of a job that has not ended, as `jobs` stores them. A number is never given another meaning. */
export const PENDING = 0;
export const SCHEDULED = 1;
export const CLAIMED = 2;
/** States of a job that has, as `finished` stores them. */
export const DONE = 3;
export const DEAD = 4;

/** A step from one layout to the next: statements with the schema's quoted name. Never changed once released. */
export type Migration = (schema: string) => readonly string[];

/**
 * Text that may hold a NUL (names, keys, errors) is stored as its UTF-8 bytes, which `text` could not hold.
 * Times are milliseconds since the Unix epoch.
 */
const first: Migration = (s) => [
  // Jobs that have not ended. What has is moved away, so that this stays as small as the work at hand.
  `CREATE TABLE ${s}.jobs (
    id text COLLATE "C" PRIMARY KEY,
    queue bytea NOT NULL,
    state smallint NOT NULL,
    priority bigint NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    max_attempts integer NOT NULL,
    enqueued_at bigint NOT NULL,
    run_at bigint,
    claimed_at bigint,
    lease_expires_at bigint,
    token text,
    woken_at bigint,
    cancel_requested boolean NOT NULL DEFAULT false,
    dedup_key bytea,
    headers json,
    backoff json,
    on_dead json,
    last_error bytea,
    history json[],
    wake_payload bytea,
    payload bytea NOT NULL
  ) WITH (
    fillfactor = 90,
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_vacuum_threshold = 2000,
    autovacuum_vacuum_insert_scale_factor = 0.2,
    autovacuum_vacuum_cost_delay = 0
  )`,
  // A claim takes the first of these.
  `CREATE INDEX jobs_pending ON ${s}.jobs (queue, priority, id) WHERE state = ${PENDING}`,
  `CREATE INDEX jobs_due ON ${s}.jobs (run_at, id) WHERE state = ${SCHEDULED}`,
  `CREATE INDEX jobs_scheduled ON ${s}.jobs (queue, run_at, id) WHERE state = ${SCHEDULED}`,
  `CREATE INDEX jobs_leases ON ${s}.jobs (lease_expires_at) WHERE state = ${CLAIMED}`,
  `CREATE UNIQUE INDEX jobs_dedup ON ${s}.jobs (queue, dedup_key) WHERE dedup_key IS NOT NULL`,
  // Done and dead jobs, for as long as they are kept.
  `CREATE TABLE ${s}.finished (
    id text COLLATE "C" PRIMARY KEY,
    queue bytea NOT NULL,
    state smallint NOT NULL,
    ended_at bigint NOT NULL,
    priority bigint NOT NULL,
    attempts integer NOT NULL,
    max_attempts integer NOT NULL,
    enqueued_at bigint NOT NULL,
    run_at bigint,
    woken_at bigint,
    cancel_requested boolean NOT NULL,
    headers json,
    backoff json,
    on_dead json,
    last_error bytea,
    history json[],
    wake_payload bytea,
    payload bytea NOT NULL
  )`,
  `CREATE INDEX finished_ended ON ${s}.finished (queue, state, ended_at, id)`,
  `CREATE INDEX finished_dead ON ${s}.finished (queue, id) WHERE state = ${DEAD}`,
  `CREATE TABLE ${s}.kv (
    key bytea PRIMARY KEY,
    value bytea NOT NULL
  ) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0)`,
  // Names that ever had a job. Not unique, so that nobody waits for the transaction of another; read as a set.
  `CREATE TABLE ${s}.queue_names (name bytea NOT NULL)`,
  `CREATE INDEX queue_names_name ON ${s}.queue_names (name)`,
  // One row for each place that commits, with the number of the last: how a lost answer is found out.
  `CREATE TABLE ${s}.lanes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number bigint NOT NULL DEFAULT 0,
    used_at bigint NOT NULL,
    retired boolean NOT NULL DEFAULT false
  ) WITH (fillfactor = 20, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_cost_delay = 0)`,
  // Jobs ever acknowledged, counted by lane so that nobody waits for a counter.
  `CREATE TABLE ${s}.done_counts (
    queue bytea NOT NULL,
    lane bigint NOT NULL,
    count bigint NOT NULL,
    PRIMARY KEY (queue, lane)
  ) WITH (fillfactor = 20, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_cost_delay = 0)`,
  // Jobs whose end some process waits for: whoever ends one takes the row and tells all.
  `CREATE TABLE ${s}.watches (job_id text COLLATE "C" PRIMARY KEY)`,
];

/** From nothing to the newest layout, in order. The version of a layout is the number of steps to it. */
export const MIGRATIONS: readonly Migration[] = [first];
