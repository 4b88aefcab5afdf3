import { type ChildProcess, execFile, spawn } from "node:child_process";
import { access, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

/** A server of the JSON API, in memory. */
const PROGRAM = "fake-gcs-server";
const MODULE = "github.com/fsouza/fake-gcs-server";
const VERSION = "v1.55.1";
const MAX_START_MS = 30_000;

/**
 * Runs a program, and ends it when the standard input ends: so it goes with the process that started it,
 * whatever ends that. What a shell runs in the background has no standard input, hence descriptor 3.
 */
const UNTIL_INPUT_ENDS = `
exec 3<&0
"$@" 3<&- &
server=$!
{ cat <&3 >/dev/null; kill $server; } 2>/dev/null &
wait $server
`;

export interface FakeGcsServer {
  /** `http://127.0.0.1:12345` */
  readonly url: string;
  /** Makes a bucket of a new name, and gives the name. */
  createBucket(): Promise<string>;
  stop(): Promise<void>;
}

/**
 * Starts an empty server on a free port of the loopback interface. Where it is not installed it is built with
 * Go, which takes some minutes once.
 *
 * @throws where it can be neither found nor built, or does not start
 */
export async function startFakeGcsServer(): Promise<FakeGcsServer> {
  const program = await findOrBuild();
  const host = `127.0.0.1:${await freePort()}`;
  const url = `http://${host}`;
  const child = spawn(
    "sh",
    ["-c", UNTIL_INPUT_ENDS, "sh", program, ...["-scheme", "http", "-backend", "memory"]].concat(
      ["-host", "127.0.0.1", "-port", new URL(url).port],
      ["-public-host", host, "-external-url", url, "-log-level", "error"],
    ),
    { stdio: ["pipe", "inherit", "inherit"] },
  );
  await untilItAnswers(url, child);
  let buckets = 0;
  return {
    url,
    async createBucket() {
      const name = `bucket-${++buckets}`;
      const response = await fetch(`${url}/storage/v1/b?project=test`, {
        method: "POST",
        body: JSON.stringify({ name }),
      });
      if (!response.ok) throw new Error(`the server made no bucket: ${await response.text()}`);
      return name;
    },
    async stop() {
      const ended = new Promise((done) => child.once("close", done));
      child.stdin.end();
      await ended;
    },
  };
}

/** The path of the program, kept outside of the repository so that it is built once on a machine. */
async function findOrBuild(): Promise<string> {
  const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  const directory = join(cache, "wf-test-servers", `${PROGRAM}-${VERSION}`);
  const program = join(directory, PROGRAM);
  if (await exists(program)) return program;
  await mkdir(directory, { recursive: true });
  process.stderr.write(`building ${PROGRAM} ${VERSION} with Go, once; it takes some minutes\n`);
  // Others may do the same at the same time: each builds its own, and all but the last are replaced.
  const building = await mkdtemp(join(directory, "building-"));
  try {
    const env = { ...process.env, GOBIN: building };
    await promisify(execFile)("nice", ["go", "install", `${MODULE}@${VERSION}`], { env });
    await rename(join(building, PROGRAM), program);
  } finally {
    await rm(building, { recursive: true });
  }
  return program;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}

async function untilItAnswers(url: string, child: ChildProcess): Promise<void> {
  for (let waitedMs = 0; waitedMs < MAX_START_MS; waitedMs += 20) {
    if (child.exitCode !== null) throw new Error(`${PROGRAM} ended with code ${child.exitCode}`);
    const answered = await fetch(`${url}/storage/v1/b?project=test`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (answered) return;
    await sleep(20);
  }
  child.stdin?.end();
  throw new Error(`${PROGRAM} does not answer at ${url}`);
}
