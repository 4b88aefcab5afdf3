import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./command.ts";

/** A project outside of the workspace, as a user begins one: nothing of the sources can be resolved in it. */
export class EmptyProject {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, "package.json"), '{ "private": true, "type": "module" }\n');
  }

  install(manager: "npm" | "pnpm", tarballs: readonly string[]): void {
    const [command, ...args] =
      manager === "npm"
        ? ["npm", "install", "--no-audit", "--no-fund", "--loglevel=error"]
        : ["npx", "-y", "pnpm@12", "add", "--silent", "--ignore-workspace"];
    run(command as string, [...args, ...tarballs], { cwd: this.directory });
  }

  /** Runs a program of the project and gives what it printed. */
  runProgram(name: string, code: string, env: Readonly<Record<string, string>> = {}): string {
    const file = join(this.directory, name);
    writeFileSync(file, code);
    try {
      return run(process.execPath, [file], {
        cwd: this.directory,
        env: { ...process.env, ...env },
      }).trim();
    } finally {
      rmSync(file);
    }
  }

  /** The paths of what npm has installed, as in its lock file. */
  lockedPackages(): Record<string, LockedPackage> {
    const lock = readFileSync(join(this.directory, "package-lock.json"), "utf8");
    const { "": _project, ...packages } = JSON.parse(lock).packages;
    return packages;
  }
}

export interface LockedPackage {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}
