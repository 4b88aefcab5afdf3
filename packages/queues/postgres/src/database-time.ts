import { decodeTime, encodeTime } from "ulid";
import { type Session, unprepared } from "./database/session.ts";
import type { Schema } from "./layout/schema-name.ts";
import { nowSql, type QueueClock } from "./time/queue-clock.ts";

const TIME_LENGTH = 10;
/** An id further ahead of now than this is a caller's own, and not followed. */
const MAX_AHEAD_MS = 86_400_000;
/** Sorts after every id of its millisecond. */
const LAST = "Z";
const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;
/** Of the last ids, those that are looked at. */
const LOOKED_AT = 100;

/** The latest time (ms since the epoch) in the ids of the jobs, for ids that sort after them; 0 without any. */
export async function newestIdTime(
  session: Session,
  { quoted }: Schema,
  now: number,
): Promise<number> {
  const most = encodeTime(now + MAX_AHEAD_MS, TIME_LENGTH) + LAST;
  const select = unprepared(
    `SELECT id FROM ${quoted}.jobs WHERE id < $1 ORDER BY id DESC LIMIT ${LOOKED_AT}`,
  );
  const rows = await session.run(select, most);
  const newest = rows.map(([id]) => id as string).find((id) => ULID.test(id));
  return newest === undefined ? 0 : decodeTime(newest);
}

/** Lets `clock` know what time it is in the database. */
export async function learnDatabaseTime(session: Session, clock: QueueClock): Promise<void> {
  const askedAt = clock.now();
  const [row] = await session.run(unprepared(`SELECT ${nowSql("$1")}`), clock.parameter);
  clock.learn(Number(row?.[0]), askedAt);
}
