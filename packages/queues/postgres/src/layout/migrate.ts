import { hash } from "node:crypto";
import { WfError } from "@wf/core";
import { call, type Session, unprepared } from "../database/session.ts";
import { MIGRATIONS, type Migration } from "./migrations.ts";
import type { Schema } from "./schema-name.ts";

const BEGIN = call(unprepared("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"));
/** Others may migrate at this moment, however long that takes. */
const PATIENT = call(unprepared("SET LOCAL lock_timeout = 0"));

/**
 * Brings the tables in `schema` to the newest layout, creating what is not there. Any number of processes may
 * call it at once: one does it and the others wait. All of it is done, or nothing. Where there is nothing to do,
 * it needs no more than the right to read.
 *
 * @throws WF_LAYOUT_UNSUPPORTED where a newer version of wf has migrated the schema
 */
export async function migrate(
  session: Session,
  schema: Schema,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<void> {
  const newest = migrations.length;
  if ((await versionIn(session, schema)) === newest) return;
  await session.runAll([BEGIN, PATIENT]);
  await session.run(unprepared("SELECT pg_advisory_xact_lock($1::bigint)"), lockOf(schema));
  const version = await versionIn(session, schema);
  if (version > newest) throw newerLayout(schema, version, newest);
  if (!(await schemaExists(session, schema))) {
    await session.run(unprepared(`CREATE SCHEMA ${schema.quoted}`));
  }
  for (const migration of migrations.slice(version)) {
    for (const statement of migration(schema.quoted)) await session.run(unprepared(statement));
  }
  if (version < newest) await session.runAll(recordOf(schema, newest));
  await session.commit([]);
}

/** 0: there is nothing yet. */
async function versionIn(session: Session, { name, quoted }: Schema): Promise<number> {
  // A query and not `to_regclass`, which may remember what was true before another process migrated.
  const find = unprepared(
    `SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relname = 'layout'`,
  );
  if ((await session.run(find, name)).length === 0) return 0;
  const [row] = await session.run(unprepared(`SELECT version FROM ${quoted}.layout`));
  return Number(row?.[0] ?? 0);
}

async function schemaExists(session: Session, { name }: Schema): Promise<boolean> {
  const select = unprepared("SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1");
  return (await session.run(select, name)).length > 0;
}

function recordOf({ quoted }: Schema, version: number) {
  return [
    `CREATE TABLE IF NOT EXISTS ${quoted}.layout (version integer NOT NULL)`,
    `DELETE FROM ${quoted}.layout`,
    `INSERT INTO ${quoted}.layout VALUES (${version})`,
  ].map((text) => call(unprepared(text)));
}

function newerLayout({ name }: Schema, version: number, newest: number): WfError {
  return new WfError(
    "WF_LAYOUT_UNSUPPORTED",
    `the schema "${name}" has layout ${version}, and this version of wf knows layouts up to ${newest}: ` +
      `update wf here, or give this version a schema of its own`,
  );
}

function lockOf({ name }: Schema): string {
  return hash("sha1", `wf migrate ${name}`, "buffer").readBigInt64BE().toString();
}
