import pg from "pg";
import { describe, expect, it } from "vitest";
import { TestSchema } from "../test-support/fixtures.ts";
import { sharedServer } from "../test-support/shared-server.ts";
import { claimStatements } from "./claims/claim-statements.ts";
import { writeStatements } from "./commit/write-statements.ts";
import { BEGIN, type Statement, TUNING } from "./database/session.ts";
import { upkeepStatements } from "./upkeep/upkeep-statements.ts";

const server = await sharedServer();
const QUEUE = "'\\x6a6f6273'::bytea";

interface PlanNode {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Index Name"?: string;
  readonly "Shared Hit Blocks": number;
  readonly "Shared Read Blocks": number;
  readonly Plans?: readonly PlanNode[];
}

/** A session as the queue's own are, that tells how statements were carried out. */
class Explainer {
  readonly #client = new pg.Client({ connectionString: server!.url() });

  async start(): Promise<this> {
    await this.#client.connect();
    for (const setting of TUNING) await this.#client.query(`SET ${setting}`);
    return this;
  }

  /** Prepares it now, so that its plan is made for the tables as they are. */
  async prepare(name: string, { text }: Statement): Promise<void> {
    await this.#client.query(`PREPARE ${name} AS ${text}`);
  }

  /** Runs it, takes it back, and gives the nodes of its plan. */
  async run(name: string, parameters: string): Promise<PlanNode[]> {
    await this.#client.query(BEGIN);
    const { rows } = await this.#client.query(
      `EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) EXECUTE ${name} (${parameters})`,
    );
    await this.#client.query("ROLLBACK");
    return nodesOf(rows[0]["QUERY PLAN"][0].Plan);
  }

  async end(): Promise<void> {
    await this.#client.end();
  }
}

function nodesOf(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesOf)];
}

function blocks([top]: readonly PlanNode[]): number {
  return (top?.["Shared Hit Blocks"] ?? 0) + (top?.["Shared Read Blocks"] ?? 0);
}

/** Every table is reached by an index, and nothing is sorted. */
function expectIndexesOnly(nodes: readonly PlanNode[]): void {
  const kinds = nodes.map((node) => node["Node Type"]);
  for (const kind of ["Seq Scan", "Sort", "Incremental Sort", "Bitmap Heap Scan", "Hash Join"]) {
    expect(kinds).not.toContain(kind);
  }
}

const fill = (schema: TestSchema, table: string, columns: string, values: string, count: number) =>
  schema.query(`INSERT INTO {s}.${table} (id, queue, priority, max_attempts, payload, enqueued_at, ${columns})
    SELECT lpad(i::text, 26, '0'), ${QUEUE}, 1000, 3, '', 0, ${values} FROM generate_series(1, ${count}) i`);

const LANE = 1_000_000;

async function addLane(schema: TestSchema): Promise<void> {
  await schema.query(
    `INSERT INTO {s}.lanes (id, used_at) OVERRIDING SYSTEM VALUE VALUES (${LANE}, 8e15)`,
  );
}

const claim = (max: number, priority = 0, id = "") =>
  `NULL, ${QUEUE}, ${max}, 30000, 'token', ${LANE}, 1, ${priority}, '${id}'`;

describe.skipIf(server === undefined)("The plan of a claim", () => {
  it("made for empty tables, stays good when there are jobs by the hundred thousand", async () => {
    await using schema = new TestSchema(server!);
    await schema.open();
    await addLane(schema);
    const { claim: statement } = claimStatements(`"${schema.name}"`);
    const early = await new Explainer().start();
    await early.prepare("claim", statement);
    await early.run("claim", claim(1));
    await fill(schema, "jobs", "state", "0", 200_000);
    await fill(
      schema,
      "finished",
      "state, ended_at, attempts, cancel_requested",
      "3, 0, 1, false",
      200_000,
    );
    const late = await new Explainer().start();
    await late.prepare("claim", statement);
    for (const session of [early, late]) {
      const nodes = await session.run("claim", claim(1));
      expectIndexesOnly(nodes);
      expect(nodes.map((node) => node["Index Name"])).toContain("jobs_pending");
      expect(nodes.map((node) => node["Relation Name"])).not.toContain("finished");
      // A few levels of two indexes, and the pages of one job.
      expect(blocks(nodes)).toBeLessThan(100);
      expect(blocks(await session.run("claim", claim(100)))).toBeLessThan(100 * 30);
    }
    await schema.query("ANALYZE {s}.jobs");
    expect(blocks(await late.run("claim", claim(1)))).toBeLessThan(100);
    await early.end();
    await late.end();
  });

  it("does not walk over what was claimed before, where it is told the place", async () => {
    await using schema = new TestSchema(server!);
    await schema.open();
    await addLane(schema);
    await schema.query("ALTER TABLE {s}.jobs SET (autovacuum_enabled = false)");
    await fill(schema, "jobs", "state", "0", 60_000);
    const session = await new Explainer().start();
    await session.prepare("claim", claimStatements(`"${schema.name}"`).claim);
    await schema.query("DELETE FROM {s}.jobs WHERE id <= lpad('50000', 26, '0')");
    const floor = `${50_000}`.padStart(26, "0");
    expect(blocks(await session.run("claim", claim(1, 1_000, floor)))).toBeLessThan(100);
    // Control: from the start it reads every entry that no vacuum has removed.
    expect(blocks(await session.run("claim", claim(1)))).toBeGreaterThan(500);
    await session.end();
  });
});

describe.skipIf(server === undefined)("The plans of everything else that runs often", () => {
  it("reach every table by an index", async () => {
    await using schema = new TestSchema(server!);
    const queue = await schema.open();
    await queue.enqueue("jobs", new Uint8Array());
    const s = `"${schema.name}"`;
    const write = writeStatements(s);
    const upkeep = upkeepStatements(s);
    const claims = claimStatements(s);
    const ids = "ARRAY['a', 'b']";
    const bytea = "ARRAY[''::bytea, ''::bytea]";
    const int8 = "ARRAY[1, 2]::int8[]";
    const rows: readonly (readonly [string, Statement, string])[] = [
      ["done", write.done, `${ids}, ${ids}, 1, 0`],
      ["keep_done", write.keepDone, `NULL, ${ids}, ${ids}, 1, 0`],
      ["dead", write.dead, `NULL, ${ids}, ${ids}, ${bytea}, ${ids}, 0`],
      ["retry", write.retry, `NULL, ${ids}, ${ids}, ${bytea}, ${ids}, ${int8}, 0`],
      ["remove", write.remove, ids],
      ["wake", write.wake, `NULL, ${ids}, ${bytea}`],
      ["put", write.put, `ARRAY['\\x61'::bytea], ARRAY[''::bytea]`],
      ["delete", write.delete, bytea],
      ["promote", upkeep.promote, "NULL"],
      ["take_back", upkeep.takeBack, "NULL"],
      ["dying", upkeep.dying, "NULL"],
      ["next", upkeep.next, "NULL"],
      ["sweep", upkeep.sweep, `NULL, ${QUEUE}, 3, 0`],
      ["extend", claims.extend, `NULL, ${ids}, ${ids}, ${int8}`],
      ["stand", claims.check, ids],
    ];
    const session = await new Explainer().start();
    for (const [name, statement] of rows) await session.prepare(name, statement);
    const later = 8_000_000_000_000;
    const columns = "state, run_at, lease_expires_at, token";
    await fill(schema, "jobs", columns, `i % 3, ${later}, ${later}, 'x'`, 60_000);
    for (const [name, , parameters] of rows) {
      const nodes = await session.run(name, parameters);
      expect([name, nodes.map((node) => node["Node Type"])]).toEqual([
        name,
        expect.not.arrayContaining(["Seq Scan"]),
      ]);
      expect([name, blocks(nodes) < 200]).toEqual([name, true]);
    }
    await session.end();
  });
});
