/** Starts the servers that the peers need, on loopback, with their data in a directory given, until told to stop. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chownSync, existsSync, globSync, mkdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { freePort } from "@wf/test-support/free-port";
import { Redis } from "ioredis";
import pg from "pg";

export type ServerKind = "redis" | "postgres";

export interface Server {
  readonly version: string;
  /** The address of a place in the server with nothing in it, the name of which nobody has used. */
  place(name: string): Promise<string>;
  stop(): Promise<void>;
}

/** Where Debian puts what it does not put on the PATH; the newest version last. */
const POSTGRES_BIN = "/usr/lib/postgresql/*/bin";
const START_TIMEOUT_MS = 30_000;

/** A server with its data below `directory`, or undefined where this machine has none. */
export function startServer(kind: ServerKind, directory: string): Promise<Server | undefined> {
  mkdirSync(directory);
  return kind === "redis" ? startRedis(directory) : startPostgres(directory);
}

async function startRedis(directory: string): Promise<Server | undefined> {
  const binary = findBinary("redis-server");
  if (binary === undefined) return undefined;
  const port = await freePort();
  const child = spawn(
    binary,
    [
      ...["--port", `${port}`, "--bind", "127.0.0.1", "--dir", directory],
      // Every write is on disk before it is answered; BullMQ asks for noeviction.
      ...["--appendonly", "yes", "--appendfsync", "always", "--save", ""],
      ...["--maxmemory-policy", "noeviction"],
    ],
    { stdio: ["ignore", "ignore", "inherit"] },
  );
  const url = `redis://127.0.0.1:${port}`;
  await until(child, async () => {
    const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
    redis.on("error", () => {}); // `connect` rejects as well
    await redis.connect();
    redis.disconnect();
  });
  return {
    version: execFileSync(binary, ["--version"], { encoding: "utf8" })
      .split(" ")
      .slice(0, 3)
      .join(" "),
    async place() {
      const redis = new Redis(url);
      await redis.flushall();
      redis.disconnect();
      return url;
    },
    stop: () => stop(child, "SIGTERM"),
  };
}

async function startPostgres(directory: string): Promise<Server | undefined> {
  const initdb = findBinary("initdb", POSTGRES_BIN);
  const postgres = findBinary("postgres", POSTGRES_BIN);
  if (initdb === undefined || postgres === undefined) return undefined;
  const user = unprivilegedUser();
  if (user !== undefined) chownSync(directory, user.uid, user.gid);
  const data = join(directory, "data");
  execFileSync(initdb, ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8"], {
    ...user,
    cwd: directory,
    stdio: ["ignore", "ignore", "inherit"],
  });
  const port = await freePort();
  const settings = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    // The defaults, stated: a commit is on disk before it is answered.
    "fsync=on",
    "synchronous_commit=on",
    "full_page_writes=on",
    // Room, so that neither the cache nor checkpoints are in the way.
    "max_connections=200",
    "shared_buffers=1GB",
    "max_wal_size=4GB",
    "log_min_messages=panic",
  ];
  const args = ["-D", data, "-p", `${port}`, ...settings.flatMap((setting) => ["-c", setting])];
  const child = spawn(postgres, args, { ...user, cwd: directory, stdio: "ignore" });
  const address = (database: string) => `postgresql://postgres@127.0.0.1:${port}/${database}`;
  await until(child, () => query(address("postgres"), "SELECT 1"));
  return {
    version: execFileSync(postgres, ["--version"], { encoding: "utf8" }).trim(),
    async place(name) {
      await query(address("postgres"), `CREATE DATABASE "${name}"`);
      return address(name);
    },
    // A fast shutdown, which does not wait for clients.
    stop: () => stop(child, "SIGINT"),
  };
}

async function query(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(sql).finally(() => client.end());
}

/** PostgreSQL refuses to run as root: then it runs as the user that its package has made. */
function unprivilegedUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const idOf = (flag: string) =>
    Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
  return { uid: idOf("-u"), gid: idOf("-g") };
}

function findBinary(name: string, pattern?: string): string | undefined {
  const directories = (process.env["PATH"] ?? "").split(delimiter);
  if (pattern !== undefined) directories.unshift(...globSync(pattern).sort().reverse());
  return directories.map((directory) => join(directory, name)).find((file) => existsSync(file));
}

/** Waits until `check` no longer throws. */
async function until(child: ChildProcess, check: () => Promise<unknown>): Promise<void> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    try {
      await check();
      return;
    } catch (error) {
      if (child.exitCode !== null)
        throw new Error(`${child.spawnfile} ended with ${child.exitCode}`);
      if (performance.now() > deadline) {
        child.kill("SIGKILL");
        throw error;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function stop(child: ChildProcess, signal: "SIGTERM" | "SIGINT"): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  await ended;
}
