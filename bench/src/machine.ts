import { execFileSync } from "node:child_process";
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { cpus, loadavg, release, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { median } from "./statistics.ts";

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  /** Where the temporary directories are: file system and its size. */
  readonly disk: string;
  /** What 4 KiB and an fsync take on it, the median, in milliseconds. */
  readonly fsyncMs: number;
  readonly system: string;
  /** Processes that were running or waiting to before the bench, on average over a minute. */
  readonly load: number;
}

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    disk: describeDisk(),
    fsyncMs: measureFsync(),
    system: `${process.platform} ${release().split("-")[0]}, Node ${process.version}`,
    load: loadavg()[0] ?? 0,
  };
}

/** The commit, with a + where the working tree differs from it. */
export function describeCommit(): string {
  try {
    const commit = git("rev-parse", "--short=12", "HEAD");
    return git("status", "--porcelain") === "" ? commit : `${commit}+`;
  } catch {
    return "none";
  }
}

function git(...args: string[]): string {
  const cwd = new URL(".", import.meta.url);
  return execFileSync("git", args, {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  }).trim();
}

function describeDisk(): string {
  try {
    const [, line] = execFileSync("df", ["--output=fstype,size", "-h", tmpdir()], {
      encoding: "utf8",
    }).split("\n");
    return (line as string).trim().replaceAll(/\s+/g, " ");
  } catch {
    return "unknown";
  }
}

function measureFsync(): number {
  const directory = mkdtempSync(join(tmpdir(), "wf-bench-fsync-"));
  const file = openSync(join(directory, "file"), "w");
  try {
    const samples = Array.from({ length: 50 }, () => {
      const start = performance.now();
      writeSync(file, new Uint8Array(4_096));
      fsyncSync(file);
      return performance.now() - start;
    });
    return median(samples);
  } finally {
    closeSync(file);
    rmSync(directory, { recursive: true });
  }
}

export function machineLine({
  cpu,
  cores,
  memoryGb,
  disk,
  fsyncMs,
  system,
  load,
}: Machine): string {
  return (
    `${cpu}, ${cores} cores, ${memoryGb} GB; ${disk}, 4 KiB and fsync ${fsyncMs.toFixed(2)} ms; ` +
    `${system}; load before ${load.toFixed(1)}`
  );
}
