import { type ExecFileOptions, execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, open, readFile, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const LOOK_EVERY_MS = 200;

/** A program that tests run against, got once on a machine. */
export interface Program {
  /** With the version that is pinned: "gofakes3-v1.2.0". */
  readonly name: string;
  /** Where it is in the directory that `install` has filled. */
  readonly file: string;
  /** @throws where it cannot be had */
  install(directory: string): Promise<void>;
}

/** There is no such program on this machine; the message says why. */
export class UnavailableError extends Error {}

/** Where programs are kept, outside of the repository. */
function cacheDirectory(): string {
  const { XDG_CACHE_HOME } = process.env;
  return join(XDG_CACHE_HOME || join(homedir(), ".cache"), "wf-test-servers");
}

/**
 * The path of a program. One that is missing is installed where `mayInstall`, once however many processes ask at
 * the same time.
 *
 * @throws UnavailableError
 */
export async function findOrInstall(program: Program, mayInstall: boolean): Promise<string> {
  const home = join(cacheDirectory(), program.name);
  const found = join(home, program.file);
  if (existsSync(found)) return found;
  if (!mayInstall) {
    throw new UnavailableError(
      `${program.name} is not installed: \`npm run servers\` or WF_TEST_SERVERS=1 installs it`,
    );
  }
  await mkdir(cacheDirectory(), { recursive: true });
  await withLock(`${home}.lock`, async () => {
    if (!existsSync(found)) await install(program, home);
  });
  return found;
}

async function install(program: Program, home: string): Promise<void> {
  process.stderr.write(`installing ${program.name} for the tests, once on this machine\n`);
  // Into its place in one step, so that a half of it is never found.
  const directory = await mkdtemp(`${home}-`);
  try {
    await program.install(directory);
    await rm(home, { recursive: true, force: true });
    await rename(directory, home);
  } catch (error) {
    const reason = String(error).replaceAll(/\s+/g, " ");
    throw new UnavailableError(`${program.name} cannot be installed: ${reason}`);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/**
 * Waits for its turn among the processes that use the lock of this name. A process that died with it loses it;
 * where two find that out at once both may go on, which costs time and nothing else.
 */
async function withLock(lock: string, act: () => Promise<void>): Promise<void> {
  while (!(await take(lock))) {
    const holder = Number(await readFile(lock, "utf8").catch(() => ""));
    if (holder > 0 && !isAlive(holder)) await rm(lock, { force: true });
    else await sleep(LOOK_EVERY_MS);
  }
  try {
    await act();
  } finally {
    await rm(lock, { force: true });
  }
}

async function take(lock: string): Promise<boolean> {
  try {
    const file = await open(lock, "wx");
    await file.writeFile(String(process.pid));
    await file.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function isAlive(processId: number): boolean {
  try {
    return process.kill(processId, 0);
  } catch (error) {
    // Another user's process is alive too.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** A program of a Go module, built by the Go of this machine. */
export function goProgram(name: string, module: string, version: string): Program {
  return {
    name: `${name}-${version}`,
    file: name,
    install: (directory) =>
      runQuietly("go", ["install", "-ldflags=-s -w", `${module}@${version}`], {
        cwd: directory,
        env: { ...process.env, GOBIN: directory, CGO_ENABLED: "0" },
      }),
  };
}

/** Runs a command to its end, behind all that is more urgent. @throws with what it said */
export async function runQuietly(
  command: string,
  args: readonly string[],
  options: ExecFileOptions,
): Promise<void> {
  await promisify(execFile)("nice", [command, ...args], { maxBuffer: 16_777_216, ...options });
}
