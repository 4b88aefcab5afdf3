import { mkdirSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";

const NAME = /^run-(\d+)$/;

/** A new directory below `parent` for this process. What processes that have ended left there is removed. */
export function createWorkDirectory(parent: string): string {
  mkdirSync(parent, { recursive: true });
  for (const name of readdirSync(parent)) {
    const pid = Number(NAME.exec(name)?.[1]);
    if (pid === process.pid || (pid > 0 && !isAlive(pid))) {
      rmSync(path.join(parent, name), { recursive: true, force: true });
    }
  }
  const directory = path.join(parent, `run-${process.pid}`);
  mkdirSync(directory);
  return directory;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another user's process is alive too.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
