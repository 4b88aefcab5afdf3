import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { findOrInstall, type Program, UnavailableError } from "./server-cache.ts";

let cache: string;

beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), "wf-cache-"));
  vi.stubEnv("XDG_CACHE_HOME", cache);
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
});

afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await rm(cache, { recursive: true });
});

/** A program that is installed when `ready` resolves. */
function program(ready: Promise<void> = Promise.resolve()): Program & { installed: number } {
  return {
    name: "program-v1",
    file: "program",
    installed: 0,
    async install(directory) {
      this.installed++;
      await ready;
      await writeFile(join(directory, "program"), "");
    },
  };
}

const left = () => readdir(join(cache, "wf-test-servers"));

it("installs a program once, below the user's cache, and finds it from then on", async () => {
  const wanted = program();
  const path = await findOrInstall(wanted, true);
  expect(path).toBe(join(cache, "wf-test-servers/program-v1/program"));
  expect(await findOrInstall(wanted, true)).toBe(path);
  expect(await findOrInstall(wanted, false)).toBe(path);
  expect(wanted.installed).toBe(1);
  expect(await left()).toEqual(["program-v1"]);
});

it("installs once for several who ask at the same time", async () => {
  const ready = Promise.withResolvers<void>();
  const wanted = program(ready.promise);
  const paths = [1, 2, 3].map(() => findOrInstall(wanted, true));
  await vi.waitUntil(() => wanted.installed > 0, { timeout: 240_000 });
  ready.resolve();
  expect(new Set(await Promise.all(paths)).size).toBe(1);
  expect(wanted.installed).toBe(1);
});

it("says how to install what it may not install", async () => {
  const found = findOrInstall(program(), false);
  await expect(found).rejects.toThrow(UnavailableError);
  await expect(found).rejects.toThrow("program-v1 is not installed: `npm run servers`");
});

it("leaves nothing of an installation that failed, and tries again the next time", async () => {
  const failing: Program = {
    ...program(),
    async install(directory) {
      await writeFile(join(directory, "half"), "");
      throw new Error("no network");
    },
  };
  const found = findOrInstall(failing, true);
  await expect(found).rejects.toThrow(UnavailableError);
  await expect(found).rejects.toThrow("program-v1 cannot be installed: Error: no network");
  expect(await left()).toEqual([]);
  await findOrInstall(program(), true);
});

it("does not wait for a process that died while it was installing", async () => {
  const dead = spawn("true");
  await once(dead, "close");
  await findOrInstall({ ...program(), name: "another" }, true);
  await writeFile(join(cache, "wf-test-servers/program-v1.lock"), String(dead.pid));
  await findOrInstall(program(), true);
  expect(await left()).toEqual(["another", "program-v1"]);
});
