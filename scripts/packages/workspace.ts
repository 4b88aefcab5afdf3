import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

export interface WorkspacePackage {
  readonly directory: string;
  readonly manifest: Manifest;
}

/** The packages that are published, in the order of their names. */
export function publishedPackages(): WorkspacePackage[] {
  return globSync("packages/{*,*/*}/package.json", { cwd: ROOT })
    .map((file) => ({
      directory: join(ROOT, dirname(file)),
      manifest: JSON.parse(readFileSync(join(ROOT, file), "utf8")) as Manifest,
    }))
    .sort((a, b) => a.manifest.name.localeCompare(b.manifest.name));
}

/** What a program can import of a package: "@wf/core", "@wf/core/adapter". */
export function specifiersOf({ name, exports }: Manifest): string[] {
  return Object.keys(exports)
    .filter((entry) => !entry.endsWith(".json"))
    .map((entry) => (entry === "." ? name : `${name}${entry.slice(1)}`));
}
