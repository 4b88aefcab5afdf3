import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chownSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "@wf/test-support/free-port";
import pg from "pg";
import { findPostgres, type PostgresBinaries } from "./find-postgres.ts";

const START_TIMEOUT_MS = 60_000;
const POLL_MS = 30;

/** Fast, because nothing that a test stores has to outlive the machine. */
export const TEST_SETTINGS: readonly string[] = [
  "fsync=off",
  "full_page_writes=off",
  "max_connections=400",
  "shared_buffers=128MB",
  "max_wal_size=1GB",
  "log_min_messages=panic",
];

export interface ServerOptions {
  /** Of the server's own, made here and removed by {@link PostgresServer.remove}. */
  readonly directory: string;
  /** As `name=value`. Default {@link TEST_SETTINGS}. */
  readonly settings?: readonly string[];
  /** Of the superuser. With it every role needs a password; default: none does. */
  readonly password?: string;
}

/** A PostgreSQL server on loopback, with its data in a directory of its own. */
export class PostgresServer {
  readonly port: number;
  readonly #binaries: PostgresBinaries;
  readonly #options: ServerOptions;
  readonly #user: { uid: number; gid: number } | undefined;
  #child: ChildProcess | undefined;

  private constructor(port: number, binaries: PostgresBinaries, options: ServerOptions) {
    this.port = port;
    this.#binaries = binaries;
    this.#options = options;
    this.#user = unprivilegedUser();
  }

  /** A running server, or undefined where this machine has none. */
  static async start(options: ServerOptions): Promise<PostgresServer | undefined> {
    const binaries = findPostgres();
    if (binaries === undefined) return undefined;
    const server = new PostgresServer(await freePort(), binaries, options);
    server.#initialise();
    await server.start();
    return server;
  }

  get processId(): number | undefined {
    return this.#child?.pid;
  }

  /** The address of a database as the superuser, or as `user`. */
  url(database = "postgres", user = "postgres", password = this.#options.password): string {
    const who = password === undefined ? user : `${user}:${password}`;
    return `postgresql://${who}@127.0.0.1:${this.port}/${database}`;
  }

  async start(): Promise<void> {
    const { directory, settings = TEST_SETTINGS } = this.#options;
    const all = ["listen_addresses=127.0.0.1", "unix_socket_directories=", ...settings];
    const args = ["-D", this.#data, "-p", `${this.port}`, ...all.flatMap((line) => ["-c", line])];
    const child = spawn(this.#binaries.postgres, args, {
      ...this.#user,
      cwd: directory,
      stdio: "ignore",
    });
    this.#child = child;
    await this.#untilReady(child);
  }

  /** `fast` drops the clients and shuts down; `immediate` is a crash, from which the next start recovers. */
  async stop(mode: "fast" | "immediate" = "fast"): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill(mode === "fast" ? "SIGINT" : "SIGQUIT");
    await ended;
  }

  async remove(): Promise<void> {
    await this.stop("immediate");
    rmSync(this.#options.directory, { recursive: true, force: true });
  }

  async query(sql: string, database?: string): Promise<pg.QueryResult> {
    const client = new pg.Client({ connectionString: this.url(database) });
    await client.connect();
    return await client.query(sql).finally(() => client.end());
  }

  get #data(): string {
    return join(this.#options.directory, "data");
  }

  #initialise(): void {
    const { directory, password } = this.#options;
    mkdirSync(directory, { recursive: true, mode: 0o755 });
    const passwordFile = join(directory, "password");
    writeFileSync(passwordFile, password ?? "");
    if (this.#user !== undefined) {
      for (const path of [directory, passwordFile]) chownSync(path, this.#user.uid, this.#user.gid);
    }
    const auth =
      password === undefined
        ? ["--auth=trust"]
        : ["--auth=scram-sha-256", `--pwfile=${passwordFile}`];
    const args = ["-D", this.#data, "-U", "postgres", "-E", "UTF8", "--locale=C", "-N", ...auth];
    execFileSync(this.#binaries.initdb, args, {
      ...this.#user,
      cwd: directory,
      stdio: ["ignore", "ignore", "inherit"],
    });
  }

  async #untilReady(child: ChildProcess): Promise<void> {
    const deadline = Date.now() + START_TIMEOUT_MS;
    for (;;) {
      try {
        await this.query("SELECT 1");
        return;
      } catch (error) {
        if (child.exitCode !== null) throw new Error(`postgres ended with ${child.exitCode}`);
        if (Date.now() > deadline) {
          child.kill("SIGKILL");
          throw error;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}

/** PostgreSQL refuses to run as root: then it runs as the user that its package has made, or as nobody. */
function unprivilegedUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const idOf = (flag: string) => {
    const ids = execFileSync("sh", ["-c", `id ${flag} postgres 2>/dev/null || id ${flag} nobody`]);
    return Number(ids.toString());
  };
  return { uid: idOf("-u"), gid: idOf("-g") };
}
