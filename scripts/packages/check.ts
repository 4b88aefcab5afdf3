/**
 * Checks each built package as its users get it: what it says of itself, its types and exports, an
 * installation from the packed archives in an empty project by npm and by pnpm, `import` and `require`, that no
 * declaration says `any`, the example of each README as printed, and that nobody gets another cloud's SDK. Prints
 * what each package weighs; `--record` keeps that in packages/SIZES.md.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { manifestProblems } from "./check-manifest.ts";
import { run } from "./command.ts";
import { EmptyProject } from "./empty-project.ts";
import { type PackedPackage, packAll } from "./pack.ts";
import { readmeExample } from "./readme-example.ts";
import { startServices } from "./services.ts";
import { packageSizes, sizeTable } from "./sizes.ts";
import { publishedPackages, ROOT, specifiersOf } from "./workspace.ts";
import { writtenAnys } from "./written-any.ts";

const FOREIGN_SDKS = ["@google-cloud/storage", "@azure/storage-blob", "@aws-sdk/client-s3", "pg"];

const scratch = mkdtempSync(join(tmpdir(), "wf-packages-"));
let failures = 0;
let skipped = 0;

async function check(what: string, action: () => unknown): Promise<void> {
  try {
    await action();
    console.log(`ok      ${what}`);
  } catch (error) {
    failures++;
    console.log(`FAILED  ${what}: ${error instanceof Error ? error.message : error}`);
  }
}

function skip(what: string, why: string): void {
  skipped++;
  console.log(`skipped ${what}: ${why}`);
}

async function checkArchive({ manifest, directory, tarball }: PackedPackage): Promise<void> {
  const { name } = manifest;
  await check(`${name}: package.json says what it must`, () => {
    const problems = manifestProblems(manifest);
    if (problems.length > 0) throw new Error(problems.join("; "));
  });
  await check(`${name}: publint`, () =>
    run("publint", ["run", tarball, "--strict"], { cwd: directory }),
  );
  await check(`${name}: are the types wrong`, () =>
    run("attw", [tarball, "--profile", "esm-only", "--no-emoji", "--no-color"], { cwd: directory }),
  );
}

async function checkInstalled(
  manager: "npm" | "pnpm",
  packed: readonly PackedPackage[],
): Promise<EmptyProject> {
  const project = new EmptyProject(join(scratch, manager));
  const tarballs = packed.map(({ tarball }) => tarball);
  await check(`all packages: installed by ${manager}`, () => project.install(manager, tarballs));
  for (const specifier of packed.flatMap(({ manifest }) => specifiersOf(manifest))) {
    await check(`${specifier}: imported, installed by ${manager}`, () =>
      project.runProgram("import.mjs", `await import("${specifier}");`),
    );
    await check(`${specifier}: required from CommonJS, installed by ${manager}`, () =>
      project.runProgram("require.cjs", `require("${specifier}");`),
    );
  }
  return project;
}

/** What a program is given without a type is for nobody to check. */
async function checkNoAny(
  { directory }: EmptyProject,
  packed: readonly PackedPackage[],
): Promise<void> {
  for (const { name } of packed.map(({ manifest }) => manifest)) {
    await check(`${name}: the declarations say any nowhere`, () => {
      const found = writtenAnys(join(directory, "node_modules", name), scratch);
      if (found.length > 0) throw new Error(found.join("\n        "));
    });
  }
}

async function checkReadmes(
  project: EmptyProject,
  packed: readonly PackedPackage[],
  services: Awaited<ReturnType<typeof startServices>>,
): Promise<void> {
  const all = packed.map(({ manifest, directory }) => ({ name: manifest.name, directory }));
  for (const { name, directory } of [{ name: "wf", directory: ROOT }, ...all]) {
    const what = `${name}: the README's example prints what the README says`;
    const service = services.get(name);
    if (service !== undefined && "unavailable" in service) {
      skip(what, service.unavailable);
      continue;
    }
    await check(what, () => {
      const { code, prints } = readmeExample(directory);
      typeCheck(project, code);
      const printed = project.runProgram("example.ts", code, service?.env);
      if (printed !== prints) throw new Error(`it printed ${printed} instead of ${prints}`);
    });
  }
}

/** With the types that were installed, and those of Node. */
function typeCheck({ directory }: EmptyProject, code: string): void {
  writeFileSync(join(directory, "example.ts"), code);
  const typeRoots = join(ROOT, "node_modules/@types");
  const options = ["--strict", "--target", "es2023", "--module", "nodenext", "--skipLibCheck"];
  run("tsc", ["--noEmit", ...options, "--types", "node", "--typeRoots", typeRoots, "example.ts"], {
    cwd: directory,
  });
}

/** The promise of small packages: who installs one store gets no other store's SDK. */
async function checkNoForeignSdk(packed: readonly PackedPackage[]): Promise<void> {
  const names = ["@wf/core", "@wf/store-s3", "@wf/queue-object-store"];
  await check(`${names.join(" ")}: bring no other cloud's SDK`, () => {
    const project = new EmptyProject(join(scratch, "one-cloud"));
    const chosen = packed.filter(({ manifest }) => names.includes(manifest.name));
    project.install(
      "npm",
      chosen.map(({ tarball }) => tarball),
    );
    const installed = Object.keys(project.lockedPackages());
    const own = (sdk: string) => chosen.some(({ manifest }) => manifest.dependencies?.[sdk]);
    const foreign = FOREIGN_SDKS.filter((sdk) => !own(sdk));
    const found = installed.filter((path) =>
      foreign.some((sdk) => path.endsWith(`node_modules/${sdk}`)),
    );
    if (found.length > 0) throw new Error(`found ${found.join(", ")}`);
  });
}

const services = await startServices();
try {
  const packed = packAll(publishedPackages(), scratch);
  for (const archive of packed) await checkArchive(archive);
  await checkInstalled("pnpm", packed);
  const project = await checkInstalled("npm", packed);
  await checkNoAny(project, packed);
  await checkReadmes(project, packed, services);
  await checkNoForeignSdk(packed);
  const table = sizeTable(packageSizes(project, packed));
  console.log(`\n${table}\n`);
  if (process.argv.includes("--record")) {
    writeFileSync(
      join(ROOT, "packages/SIZES.md"),
      `# What the packages weigh\n\nWritten by \`node scripts/packages/check.ts --record\`.\n\n${table}\n`,
    );
  }
} finally {
  for (const service of services.values()) if ("stop" in service) await service.stop();
  rmSync(scratch, { recursive: true, force: true });
}
const result = failures === 0 ? "all packages are as they should be" : `${failures} checks failed`;
console.log(skipped === 0 ? result : `${result}; ${skipped} skipped`);
process.exitCode = failures === 0 ? 0 : 1;
