import { hash } from "node:crypto";
import { WfError } from "@wf/core";
import { show } from "@wf/core/adapter";

/** What fits into a name of PostgreSQL (`NAMEDATALEN`), and needs no thought where it is quoted. */
const SCHEMA = /^[A-Za-z_][A-Za-z0-9_-]{0,62}$/;

/** The schema that a queue lives in. */
export interface Schema {
  readonly name: string;
  /** As it is written in statements. */
  readonly quoted: string;
  /** What the processes of the queue tell each other by (`LISTEN`). */
  readonly channel: string;
}

/** @throws WF_INVALID_ARGUMENT */
export function schemaOf(name: string): Schema {
  if (typeof name !== "string" || !SCHEMA.test(name) || /^pg_/i.test(name)) {
    throw new WfError(
      "WF_INVALID_ARGUMENT",
      `schema is ${show(name)}: give 1 to 63 of A-Z a-z 0-9 _ -, that start with a letter or _ ` +
        `and not with pg_`,
    );
  }
  return { name, quoted: `"${name}"`, channel: `wf_queue_${hash("sha1", name).slice(0, 16)}` };
}
