import { WfError } from "@wf/core";
import pg from "pg";
import { describe, expect, it } from "vitest";
import { bytes, eventually, range, TestSchema } from "../test-support/fixtures.ts";
import { ownServer } from "../test-support/own-server.ts";
import { sharedServer } from "../test-support/shared-server.ts";
import { Session } from "./database/session.ts";
import { PostgresQueue, type PostgresQueueOptions } from "./index.ts";
import { migrate } from "./layout/migrate.ts";
import { MIGRATIONS } from "./layout/migrations.ts";
import { schemaOf } from "./layout/schema-name.ts";

const server = await sharedServer();

async function failureOf(options: PostgresQueueOptions): Promise<WfError> {
  const failure = await PostgresQueue.open(options).then(
    () => undefined,
    (error) => error,
  );
  if (!WfError.is(failure)) throw new Error(`it gave ${failure}`);
  return failure;
}

describe("Opening a queue with bad options", () => {
  const connectionString = "postgresql://127.0.0.1:1/none";
  const pool = { options: { max: 1 }, async connect() {}, async end() {} } as never;
  const rows: readonly (readonly [object, string, RegExp])[] = [
    [{ connectionString: undefined }, "WF_INVALID_ARGUMENT", /either connectionString or pool/],
    [{ connectionString: "" }, "WF_INVALID_ARGUMENT", /either connectionString or pool/],
    [{ pool }, "WF_INVALID_ARGUMENT", /either connectionString or pool/],
    [{ connectionString: undefined, pool }, "WF_INVALID_ARGUMENT", /room for 1 conn.*at least 2/],
    ...["", "a b", 'a"b', "1a", "pg_wf", "s".repeat(64), "ü", 7].map(
      (schema) => [{ schema }, "WF_INVALID_ARGUMENT", /^schema is/] as const,
    ),
    [{ connectionString: "127.0.0.1:1" }, "WF_INVALID_ARGUMENT", /^connectionString is no address/],
    [{ connectionString: undefined, pool: {} }, "WF_INVALID_ARGUMENT", /^pool .*"connect"/],
    [{ clock: {} }, "WF_INVALID_ARGUMENT", /^clock .*"now"/],
    [{ random: 7 }, "WF_INVALID_ARGUMENT", /^random is 7/],
    [{ logger: {} }, "WF_INVALID_ARGUMENT", /^logger .*"debug"/],
    [{ connections: null }, "WF_INVALID_ARGUMENT", /^connections is null/],
    [{ retryLimit: 3 }, "WF_INVALID_ARGUMENT", /^options has "retryLimit", which is no option/],
    [{ queues: [] }, "WF_INVALID_ARGUMENT", /^queues is \[object Array\]/],
    [{ queues: { q: null } }, "WF_INVALID_ARGUMENT", /^queues\["q"\] is null/],
    [{ queues: { q: { retries: 3 } } }, "WF_INVALID_ARGUMENT", /^queues\["q"\] has "retries"/],
    [
      { queues: { q: { backoff: { base: -1 } } } },
      "WF_INVALID_DURATION",
      /^queues\["q"\]\.backoff\.base is -1/,
    ],
    [{ connections: 1 }, "WF_INVALID_ARGUMENT", /^connections is 1: .* 2 to 100$/],
    [{ maxWritesInFlight: 0 }, "WF_INVALID_ARGUMENT", /^maxWritesInFlight is 0/],
    [{ pollInterval: 99 }, "WF_INVALID_DURATION", /^pollInterval is 99 ms: .*100 ms$/],
    [{ retryFor: -1 }, "WF_INVALID_DURATION", /^retryFor is -1/],
    [{ queues: { q: { lease: 0 } } }, "WF_INVALID_DURATION", /^queues\["q"\]\.lease is 0/],
    [{ queues: { q: { maxAttempts: 0 } } }, "WF_INVALID_ARGUMENT", /^queues\["q"\]\.maxAttempts/],
    [{ queues: { ["q".repeat(256)]: {} } }, "WF_INVALID_QUEUE_NAME", /256 bytes/],
  ];
  for (const [options, code, message] of rows) {
    it(`is refused before anything is connected: ${JSON.stringify(options).slice(0, 60)}`, async () => {
      const failure = await failureOf({ connectionString, ...options });
      expect(failure).toMatchObject({ code, retry: "never" });
      expect(failure.message).toMatch(message);
    });
  }

  it("says so where there is no server", async () => {
    const failure = await failureOf({ connectionString });
    expect(failure).toMatchObject({ code: "WF_STORE_UNAVAILABLE", retry: "safe" });
    expect(failure.message).toMatch(/could not open the queue in schema "wf": no server answers/);
  });
});

describe.skipIf(server === undefined)("Opening a queue", () => {
  it("creates its schema, whatever its name, and finds it again", async () => {
    for (const schema of ["Orders-2", "select", "_"]) {
      const open = () => PostgresQueue.open({ connectionString: server!.url(), schema });
      const first = await open();
      await first.enqueue("jobs", bytes("job"));
      await first.close();
      const second = await open();
      expect((await second.inspect.stats("jobs")).pending).toBe(1);
      await second.close();
      await server!.query(`DROP SCHEMA "${schema}" CASCADE`);
    }
  });

  it("may be done by many at once: one creates the tables and all use them", async () => {
    await using schema = new TestSchema(server!);
    const queues = await Promise.all(range(12).map(() => schema.open({ connections: 2 })));
    await Promise.all(queues.map((queue) => queue.enqueue("jobs", bytes("job"))));
    expect((await queues[0]?.inspect.stats("jobs"))?.pending).toBe(12);
    expect((await schema.query("SELECT version FROM {s}.layout")).rows).toEqual([
      { version: MIGRATIONS.length },
    ]);
  });

  it("needs no right to create anything where all is there", async () => {
    await using schema = new TestSchema(server!);
    await schema.open();
    const role = `${schema.name}_worker`;
    for (const sql of [
      `CREATE ROLE ${role} LOGIN`,
      `GRANT USAGE ON SCHEMA {s} TO ${role}`,
      `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {s} TO ${role}`,
    ]) {
      await schema.query(sql);
    }
    const worker = await schema.open({ connectionString: server!.url(role) });
    await worker.enqueue("jobs", bytes("job"), { dedupKey: "key", kv: { key: bytes("value") } });
    const [claim] = await worker.claim("jobs");
    await worker.ack(claim!);
    await worker.close();
    await schema.query(`DROP OWNED BY ${role}`);
    await schema.query(`DROP ROLE ${role}`);
  });

  it("says so where the role may not create the schema, and leaves nothing", async () => {
    const schema = new TestSchema(server!);
    const role = `${schema.name}_stranger`;
    await schema.query(`CREATE ROLE ${role} LOGIN`);
    const connectionString = server!.url(role);
    const failure = await failureOf({ connectionString, schema: schema.name });
    expect(failure).toMatchObject({ code: "WF_STORE_DENIED", retry: "safe" });
    expect(failure.message).toMatch(/lacks a permission.*SQLSTATE 42501/);
    const found = await server!.query(
      `SELECT 1 FROM pg_namespace WHERE nspname = '${schema.name}'`,
    );
    expect(found.rows).toEqual([]);
    await schema.query(`DROP ROLE ${role}`);
  });

  it("says so where the role may not use the tables that are there", async () => {
    await using schema = new TestSchema(server!);
    await schema.open();
    const role = `${schema.name}_stranger`;
    await schema.query(`CREATE ROLE ${role} LOGIN`);
    const failure = await failureOf({
      connectionString: server!.url(role),
      schema: schema.name,
    });
    expect(failure).toMatchObject({ code: "WF_STORE_DENIED" });
    await schema.query(`DROP ROLE ${role}`);
  });

  it("says so where there is no such database", async () => {
    const failure = await failureOf({ connectionString: server!.url("postgres", "nowhere") });
    expect(failure).toMatchObject({ code: "WF_STORE_NOT_INITIALIZED", retry: "safe" });
  });

  it("refuses a schema that a newer version of wf has been in, and changes nothing", async () => {
    await using schema = new TestSchema(server!);
    await schema.open();
    await schema.query("UPDATE {s}.layout SET version = version + 1");
    const failure = await failureOf({ connectionString: server!.url(), schema: schema.name });
    expect(failure).toMatchObject({ code: "WF_LAYOUT_UNSUPPORTED", retry: "never" });
    expect(failure.message).toMatch(/has layout 2, and this version of wf knows layouts up to 1/);
    const { rows } = await schema.query("SELECT version FROM {s}.layout");
    expect(rows).toEqual([{ version: MIGRATIONS.length + 1 }]);
  });

  it("leaves a pool of the program's open, and ends its own", async () => {
    await using schema = new TestSchema(server!);
    const pool = new pg.Pool({ connectionString: server!.url() });
    const queue = await schema.open({ pool });
    await queue.enqueue("jobs", bytes("job"));
    await queue.close();
    expect((await pool.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
    await pool.end();
    const name = `${schema.name}_own`;
    const connections = "SELECT 1 FROM pg_stat_activity WHERE application_name = $1";
    const connected = async () => (await server!.query(connections, [name])).rows.length;
    const connectionString = `${server!.url()}?application_name=${name}`;
    const own = await schema.open({ connectionString });
    expect(await connected()).toBeGreaterThan(0);
    await own.close();
    await eventually(async () => (await connected()) === 0);
  });

  it("leaves nothing half-done where a step of a migration fails, and can be tried again", async () => {
    await using schema = new TestSchema(server!);
    const where = schemaOf(schema.name);
    const client = new pg.Client({ connectionString: server!.url() });
    await client.connect();
    const session = new Session(client, { pipelined: false, prepares: true });
    const broken = [...MIGRATIONS, (s: string) => [`CREATE TABLE ${s}.more ()`, "SELECT 1 / 0"]];
    await expect(migrate(session, where, broken)).rejects.toThrowError(/division by zero/);
    await client.query("ROLLBACK");
    expect((await client.query(`SELECT to_regnamespace('${schema.name}') AS s`)).rows).toEqual([
      { s: null },
    ]);
    await migrate(session, where);
    const further = [...MIGRATIONS, (s: string) => [`CREATE TABLE ${s}.more ()`]];
    await migrate(session, where, further);
    await migrate(session, where, further);
    expect((await schema.query("SELECT version FROM {s}.layout")).rows).toEqual([{ version: 2 }]);
    await client.end();
  });
});

describe.skipIf(server === undefined)("Opening a queue on a server with limits", () => {
  it("says so where the password is wrong, and where no connection is free", async () => {
    await using limited = (await ownServer({
      password: "right",
      // Two for all but the superuser.
      settings: ["max_connections=12", "superuser_reserved_connections=10", "fsync=off"],
    }))!;
    await limited.query("CREATE ROLE worker LOGIN PASSWORD 'right'");
    await limited.query("GRANT CREATE ON DATABASE postgres TO worker");
    const connectionString = limited.url("postgres", "worker", "right");
    const queue = await PostgresQueue.open({ connectionString, connections: 2, retryFor: 0 });
    // It keeps one for listening and needs the other for its work.
    await queue.kv.put("key", bytes("value"));
    const failure = await failureOf({ connectionString, schema: "second" });
    expect(failure).toMatchObject({ code: "WF_STORE_UNAVAILABLE", retry: "safe" });
    expect(failure.message).toMatch(/no connection left: lower `connections`/);
    await queue.close();
    // Last, because the server takes its time to let go of a connection that it has refused.
    for (const password of ["wrong", ""]) {
      const refused = limited.url("postgres", "worker", password);
      expect(await failureOf({ connectionString: refused })).toMatchObject({
        code: "WF_STORE_UNAUTHENTICATED",
        retry: "safe",
      });
    }
  });
});
