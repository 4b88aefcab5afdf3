import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

/** The account and key that every Azurite has. */
const ACCOUNT = "devstoreaccount1";
const KEY =
  "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

const RECIPE = fileURLToPath(new URL("./azurite/", import.meta.url));
const EXIT_WITH_PARENT = new URL("./exit-with-parent.ts", import.meta.url).href;
const FLAGS = [
  ...["--blobHost", "127.0.0.1", "--blobPort", "0", "--inMemoryPersistence"],
  // The client speaks a newer version of the API than Azurite knows.
  ...["--skipApiVersionCheck", "--disableTelemetry", "--silent"],
];

export interface AzuriteServer {
  /** `http://127.0.0.1:PORT`. */
  readonly origin: string;
  close(): Promise<void>;
}

export function connectionStringOf(origin: string): string {
  return `DefaultEndpointsProtocol=http;AccountName=${ACCOUNT};AccountKey=${KEY};BlobEndpoint=${origin}/${ACCOUNT}`;
}

/**
 * Starts Azurite in memory on a free port of the loopback interface. It is installed once, into the user's
 * cache: in CI and where WF_TEST_SERVERS is set, because it takes some seconds and 80 MB. Elsewhere the reason
 * why there is none is returned.
 */
export async function startAzurite(): Promise<AzuriteServer | string> {
  const { XDG_CACHE_HOME = join(homedir(), ".cache"), CI, WF_TEST_SERVERS } = process.env;
  const lock = await readFile(join(RECIPE, "package-lock.json"));
  const digest = createHash("sha256").update(lock).digest("hex").slice(0, 12);
  const home = join(XDG_CACHE_HOME, "wf-test-servers", `azurite-${digest}`);
  if (!existsSync(home)) {
    if (!CI && !WF_TEST_SERVERS) return "Azurite is not installed: WF_TEST_SERVERS=1 installs it";
    await install(home);
  }
  return start(join(home, "node_modules/azurite/dist/src/blob/main.js"));
}

async function install(home: string): Promise<void> {
  await mkdir(join(home, ".."), { recursive: true });
  // Into place in one step: a half of it is never found, and another process may be as far.
  const directory = await mkdtemp(`${home}-`);
  try {
    await cp(RECIPE, directory, { recursive: true });
    const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    const npm = spawn("npm", args, { cwd: directory, stdio: ["ignore", "ignore", "pipe"] });
    const [problem, [code]] = await Promise.all([text(npm.stderr), once(npm, "close")]);
    if (code !== 0) throw new Error(`npm ci of Azurite failed: ${problem}`);
    await rename(directory, home).catch((error) => {
      if (!existsSync(home)) throw error;
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function start(main: string): Promise<AzuriteServer> {
  const args = ["--import", EXIT_WITH_PARENT, main, ...FLAGS];
  const child = spawn(process.execPath, args, { cwd: tmpdir(), stdio: "pipe" });
  const origin = await originOf(child);
  const close = async () => {
    const closed = once(child, "close");
    child.stdin.end();
    await closed;
  };
  return { origin, close };
}

async function originOf(child: ChildProcess): Promise<string> {
  const lines: string[] = [];
  child.stderr?.on("data", (data) => lines.push(String(data)));
  for await (const line of createInterface({ input: child.stdout! })) {
    lines.push(line);
    const [origin] = /http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? [];
    if (origin !== undefined && line.includes("successfully listens")) {
      child.stdout?.resume();
      return origin;
    }
  }
  throw new Error(`Azurite did not start: ${lines.join("\n")}`);
}
