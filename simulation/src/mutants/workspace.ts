import { cpSync, existsSync, mkdirSync, readdirSync, realpathSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";

/** The packages that the simulation runs, by their folders. */
const PACKAGES = [
  "packages/core",
  "packages/queues/object-store",
  "packages/stores/fs",
  "packages/testing",
  "simulation",
] as const;

const ROOT_FILES = ["package.json", "tsconfig.base.json", "tsconfig.json", "vitest.config.ts"];

/**
 * Makes a copy of the sources below `target` that runs by itself: its packages see each other, and of all others those that are
 * installed here.
 */
export function makeWorkspace(root: string, target: string): void {
  for (const folder of PACKAGES) {
    const from = join(root, folder);
    cpSync(from, join(target, folder), {
      recursive: true,
      filter: (path) => !/\/(node_modules|dist|\.turbo)$/.test(path),
    });
    linkModules(root, target, folder);
  }
  for (const file of ROOT_FILES) cpSync(join(root, file), join(target, file));
  symlinkSync(join(root, "node_modules"), join(target, "node_modules"));
}

function linkModules(root: string, target: string, folder: string): void {
  const installed = join(root, folder, "node_modules");
  for (const name of moduleNames(installed)) {
    const link = join(target, folder, "node_modules", name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(copyOf(root, target, realpathSync(join(installed, name))), link);
  }
}

/** A package of this repository is linked to its copy, where it has one. */
function copyOf(root: string, target: string, path: string): string {
  const own = PACKAGES.find((folder) => realpathSync(join(root, folder)) === path);
  return own === undefined ? path : join(target, own);
}

function moduleNames(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((name) => {
    if (name.startsWith(".")) return [];
    if (!name.startsWith("@")) return [name];
    return readdirSync(join(folder, name)).map((scoped) => `${name}/${scoped}`);
  });
}
