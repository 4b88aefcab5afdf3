import { type ChildProcess, execFile, spawn } from "node:child_process";
import { access, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { ON_LOOPBACK } from "./test-store.ts";

/** A server that speaks S3 and honours create-if-absent when creates race, to be had as a Go module. */
interface Recipe {
  /** What `go install` is given, without the version. */
  readonly module: string;
  readonly version: string;
  readonly binary: string;
  readonly args: (address: string, directory: string) => readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Answers 200 once the server is ready. */
  readonly readyPath: string;
  /** Cases of `objectStoreConformance` that the server gets wrong, and why. */
  readonly knownGaps: Readonly<Record<string, string>>;
}

const MAX_START_MS = 30_000;

const RECIPES = {
  /** Holds everything in memory, builds in well under a minute, checks no signatures. */
  gofakes3: {
    module: "github.com/johannesboyne/gofakes3/cmd/gofakes3",
    version: "v1.2.0",
    binary: "gofakes3",
    args: (address) => ["-backend", "memory", "-host", address, "-quiet"],
    readyPath: "/",
    knownGaps: {},
  },
  /** A server for production, that checks signatures and checksums. Takes minutes to build. */
  minio: {
    module: "github.com/minio/minio",
    version: "v0.0.0-20260212201848-7aac2a2c5b7c",
    binary: "minio",
    args: (address, directory) => ["server", "--quiet", "--address", address, directory],
    env: {
      MINIO_ROOT_USER: ON_LOOPBACK.credentials.accessKeyId,
      MINIO_ROOT_PASSWORD: ON_LOOPBACK.credentials.secretAccessKey,
      MINIO_BROWSER: "off",
      MINIO_UPDATE: "off",
      // Lets it keep its data on the disk of the system.
      MINIO_CI_CD: "1",
    },
    readyPath: "/minio/health/ready",
    knownGaps: Object.fromEntries(
      [
        ...["round-trip-005", "delete-001", "keys-002", "keys-003", "keys-004", "keys-005"],
        ...["list-001", "list-002", "list-003", "abort-001"],
      ].map((id) => [id, "MinIO does not list what is below a key that is an object itself"]),
    ),
  },
} as const satisfies Record<string, Recipe>;

export interface S3Server {
  readonly name: string;
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string;
  readonly knownGaps: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/**
 * Starts the server that `WF_TEST_S3_SERVER` names ("gofakes3", the default, or "minio") on a free port of
 * the loopback interface, with nothing in it. What is not yet there is built first, which needs Go and the
 * network. The server ends with this process, however that ends.
 *
 * @returns the reason instead, where it cannot be had; with `CI` set that is an error
 */
export async function startServer(): Promise<S3Server | { readonly unavailable: string }> {
  const name = process.env["WF_TEST_S3_SERVER"] ?? "gofakes3";
  if (!Object.hasOwn(RECIPES, name)) {
    throw new Error(`WF_TEST_S3_SERVER is ${name}: it may be ${Object.keys(RECIPES).join(" or ")}`);
  }
  const recipe: Recipe = RECIPES[name as keyof typeof RECIPES];
  let binary: string;
  try {
    binary = await install(recipe);
  } catch (error) {
    if (process.env["CI"]) throw error;
    const reason = String(error).replaceAll(/\s+/g, " ");
    return { unavailable: `${name} cannot be installed: ${reason}` };
  }
  return { name, knownGaps: recipe.knownGaps, ...(await run(recipe, binary)) };
}

/** The path of the server's binary, kept outside of the repository so that it is built once on a machine. */
async function install({ module, version, binary }: Recipe): Promise<string> {
  const cache = process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  const directory = join(cache, "wf-test-servers", `${binary}-${version}`);
  const installed = join(directory, binary);
  if (await exists(installed)) return installed;
  process.stderr.write(`building ${binary} ${version} with Go, once\n`);
  await mkdir(directory, { recursive: true });
  // Others may do the same at the same time: each builds its own, and all but the last are replaced.
  const building = await mkdtemp(join(directory, "building-"));
  try {
    const env = { ...process.env, GOBIN: building, CGO_ENABLED: "0" };
    const args = ["go", "install", "-ldflags=-s -w", `${module}@${version}`];
    await promisify(execFile)("nice", args, { env, cwd: building });
    await rename(join(building, binary), installed);
  } finally {
    await rm(building, { recursive: true });
  }
  return installed;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/**
 * Runs a program, and ends it and removes its directory when the standard input ends: so it goes with the
 * process that started it, whatever ends that. What a shell runs in the background has no standard input, hence
 * descriptor 3.
 */
const UNTIL_INPUT_ENDS = `
directory=$1
shift
exec 3<&0
"$@" 3<&- &
server=$!
exec 2>/dev/null
{ cat <&3 >/dev/null; kill -KILL $server; } &
wait $server
rm -rf "$directory"
`;

async function run(
  { args, env, readyPath }: Recipe,
  binary: string,
): Promise<Pick<S3Server, "endpoint" | "stop">> {
  const directory = await mkdtemp(join(tmpdir(), "wf-s3-server-"));
  const address = `127.0.0.1:${await freePort()}`;
  const command = [directory, binary, ...args(address, directory)];
  const server = spawn("sh", ["-c", UNTIL_INPUT_ENDS, "sh", ...command], {
    env: { ...process.env, ...env },
    stdio: ["pipe", "ignore", "pipe"],
  });
  let log = "";
  server.stderr.on("data", (text) => {
    log = (log + text).slice(-2_000);
  });
  const ended = new Promise<void>((resolve) => server.once("exit", () => resolve()));
  const stop = async () => {
    server.stdin.end();
    await ended;
  };
  const endpoint = `http://${address}`;
  if (!(await answers(endpoint + readyPath, server))) {
    await stop();
    throw new Error(`${binary} does not answer at ${endpoint}: ${log}`);
  }
  return { endpoint, stop };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}

async function answers(url: string, server: ChildProcess): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < MAX_START_MS && server.exitCode === null; waitedMs += 20) {
    const answered = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
    if (answered) return true;
    await sleep(20);
  }
  return false;
}
