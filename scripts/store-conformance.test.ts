import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "wf-conformance-"));
});

afterEach(() => rm(directory, { recursive: true }));

function run(...args: readonly string[]) {
  const script = join(import.meta.dirname, "store-conformance.ts");
  const command = ["--conditions=@wf/source", script, ...args];
  return spawnSync(process.execPath, command, { encoding: "utf8" });
}

it("proves the store at a URL, says what it left out, and leaves nothing behind", async () => {
  const url = pathToFileURL(directory).href;
  const { status, stdout, stderr } = run("--store", url, "--page-size", "64", "--verbose");
  expect(stdout, stderr).toMatch(/^passed create-004: of racing creates exactly one wins/m);
  expect(stdout).toMatch(/^skipped fault-001: .*\n {2}this store has no faults/m);
  expect(stdout).toMatch(/\n\d+ passed, 0 failed, \d+ skipped\n$/);
  expect(status).toBe(0);
  expect(await readdir(directory)).toEqual([]);
});

it("ends with a failure where the store cannot be used, and says why", async () => {
  const file = join(directory, "file");
  await writeFile(file, "");
  const { status, stderr } = run("--store", pathToFileURL(join(file, "store")).href);
  expect(status).toBe(1);
  expect(stderr).toContain("something that is no part of the store is in the way");
});

it("says how it is used where it is not told what to prove", () => {
  const { status, stderr } = run();
  expect(status).toBe(2);
  expect(stderr).toMatch(/^give --store URL\n.*s3:\/\/BUCKET\/PREFIX/s);
});
