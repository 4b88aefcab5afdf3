import { globSync, statSync } from "node:fs";
import { join } from "node:path";
import type { EmptyProject, LockedPackage } from "./empty-project.ts";
import type { PackedPackage } from "./pack.ts";

export interface PackageSize {
  readonly name: string;
  /** What is downloaded of the package itself. */
  readonly packedKb: number;
  /** With all that it needs, @wf/core among it, installed. */
  readonly packages: number;
  readonly installedKb: number;
}

/** What each package costs who installs it alone, from a project that has all of them. */
export function packageSizes(
  project: EmptyProject,
  packed: readonly PackedPackage[],
): PackageSize[] {
  const locked = project.lockedPackages();
  return packed.map(({ manifest: { name }, tarball }) => {
    const tree = closure(`node_modules/${name}`, locked);
    const bytes = [...tree].reduce((sum, path) => sum + ownBytes(project, path), 0);
    return {
      name,
      packedKb: kilobytes(statSync(tarball).size),
      packages: tree.size,
      installedKb: kilobytes(bytes),
    };
  });
}

function closure(start: string, locked: Record<string, LockedPackage>): Set<string> {
  const found = new Set([start]);
  for (const path of found) {
    const { dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta } = locked[
      path
    ] as LockedPackage;
    const peers = Object.keys(peerDependencies ?? {}).filter(
      (name) => !peerDependenciesMeta?.[name]?.optional,
    );
    const names = [dependencies, optionalDependencies].flatMap((some) => Object.keys(some ?? {}));
    for (const name of [...names, ...peers]) {
      const at = resolve(path, name, locked);
      if (at !== undefined) found.add(at);
    }
  }
  return found;
}

/** As Node looks a package up: from the innermost `node_modules` outwards. */
function resolve(
  from: string,
  name: string,
  locked: Record<string, LockedPackage>,
): string | undefined {
  for (let at = from; ; at = at.slice(0, Math.max(at.lastIndexOf("/node_modules/"), 0))) {
    const candidate = at === "" ? `node_modules/${name}` : `${at}/node_modules/${name}`;
    if (locked[candidate] !== undefined) return candidate;
    if (at === "") return undefined;
  }
}

/** Without the packages inside of it, which count for themselves. */
function ownBytes(project: EmptyProject, path: string): number {
  const cwd = join(project.directory, path);
  return globSync("**/*", { cwd, exclude: ["node_modules/**"], withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

function kilobytes(bytes: number): number {
  return Math.round(bytes / 1_000);
}

export function sizeTable(sizes: readonly PackageSize[]): string {
  const rows = sizes.map(
    ({ name, packedKb, packages, installedKb }) =>
      `| \`${name}\` | ${packedKb} kB | ${packages} | ${(installedKb / 1_000).toFixed(1)} MB |`,
  );
  return [
    "| package | download | packages with all it needs | installed with all it needs |",
    "| --- | ---: | ---: | ---: |",
    ...rows,
  ].join("\n");
}
