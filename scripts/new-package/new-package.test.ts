import { execFileSync } from "node:child_process";
import {
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { manifestProblems } from "../packages/check-manifest.ts";
import { readmeExample } from "../packages/readme-example.ts";
import { newPackage } from "./new-package.ts";

const repository = join(import.meta.dirname, "../..");
const SHARED = ["tsconfig.base.json", "tsconfig.json", "vitest.config.ts", "biome.json"];
const SIBLING = ["package.json", "tsconfig.json"].map((file) => `packages/stores/fs/${file}`);

/** As much of the repository as a new package needs, so that this one is left alone. */
const root = mkdtempSync(join(tmpdir(), "wf-new-package-"));

beforeAll(() => {
  for (const file of [...SHARED, ...SIBLING]) cpSync(join(repository, file), join(root, file));
  writeFileSync(join(root, "package.json"), '{ "private": true, "type": "module" }\n');
  symlinkSync(join(repository, "node_modules"), join(root, "node_modules"));
});
afterAll(() => rmSync(root, { recursive: true }));

/** Runs a command of the repository in the copy; its output is in the error when it fails. */
function run(command: string, ...args: readonly string[]): void {
  const program = join(root, "node_modules/.bin", command);
  const env = { ...process.env, NO_COLOR: "1", VITEST: undefined };
  execFileSync(program, args, { cwd: root, env, encoding: "utf8" });
}

const files = () => globSync("packages/**", { cwd: root }).sort();

describe("A new package", () => {
  const made = [
    { kind: "store", name: "tigris", directory: "packages/stores/tigris" },
    { kind: "queue", name: "cloud-spanner2", directory: "packages/queues/cloud-spanner2" },
  ];

  beforeAll(() => {
    for (const { kind, name, directory } of made) {
      expect(newPackage(root, kind, name)).toBe(directory);
    }
  });

  it.each(made)("is called after its kind and name: $kind $name", ({ kind, name, directory }) => {
    const manifest = JSON.parse(readFileSync(join(root, directory, "package.json"), "utf8"));
    expect(manifest.name).toBe(`@wf/${kind}-${name}`);
    expect(manifest.description).toContain(name);
    const names = globSync(`${directory}/**/*.*`, { cwd: root });
    const texts = names.map((file) => readFileSync(join(root, file), "utf8"));
    expect([...names, ...texts].join("\n")).not.toMatch(/template/i);
  });

  it.each(made)("says of itself what a published package must: $kind", ({ directory }) => {
    const manifest = JSON.parse(readFileSync(join(root, directory, "package.json"), "utf8"));
    expect(manifestProblems(manifest)).toEqual([]);
  });

  it.each(made)("has a README whose example prints what it says: $kind", ({ directory }) => {
    const { code, prints } = readmeExample(join(root, directory));
    const file = join(root, directory, "example.ts");
    writeFileSync(file, code);
    try {
      const args = ["--conditions=@wf/source", file];
      expect(execFileSync(process.execPath, args, { encoding: "utf8" }).trim()).toBe(prints);
    } finally {
      rmSync(file);
    }
  });

  it("type-checks", () => {
    run("tsc", "--project", "tsconfig.json");
  });

  it("has the style of the repository once it is formatted", () => {
    run("biome", "check", "--write", "--vcs-enabled=false", "packages");
    run("biome", "check", "--error-on-warnings", "--vcs-enabled=false", "packages");
  });

  it("passes the conformance suite of its kind", () => {
    const report = join(root, "report.json");
    run("vitest", "run", "--root", root, "--reporter=json", `--outputFile=${report}`);
    const { numFailedTests, numPendingTests, numPassedTests, testResults } = JSON.parse(
      readFileSync(report, "utf8"),
    );
    expect({ numFailedTests, numPendingTests }).toEqual({ numFailedTests: 0, numPendingTests: 0 });
    expect(testResults).toHaveLength(made.length);
    expect(numPassedTests).toBeGreaterThan(300);
  });
});

describe("A package is refused, and nothing written,", () => {
  it.each([
    "",
    "Tigris",
    "my store",
    "my_store",
    "my.store",
    "-store",
    "store-",
    "a--b",
    "2d",
    "cloud-2",
    "../fs",
    "stores/fs",
    "ü",
    "x".repeat(51),
  ])("for the name %j", (name) => {
    const before = files();
    for (const kind of ["store", "queue"]) {
      expect(() => newPackage(root, kind, name)).toThrow(/is no name for a package/);
    }
    expect(files()).toEqual(before);
  });

  it("where there is one of that name", () => {
    mkdirSync(join(root, "packages/queues/taken"), { recursive: true });
    const before = files();
    expect(() => newPackage(root, "store", "fs")).toThrow(/packages\/stores\/fs is there already/);
    expect(() => newPackage(root, "queue", "taken")).toThrow(/is there already/);
    expect(files()).toEqual(before);
  });

  it.each(["stores", "", "toString"])("for the kind %j", (kind) => {
    const before = files();
    expect(() => newPackage(root, kind, "tigris")).toThrow(/is no kind: give store or queue/);
    expect(files()).toEqual(before);
  });
});
