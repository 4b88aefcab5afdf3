import { type SpawnSyncOptions, spawnSync } from "node:child_process";

export class CommandError extends Error {}

/** Runs a command to its end and gives what it printed. @throws CommandError with its output, when it fails */
export function run(
  command: string,
  args: readonly string[],
  options: Pick<SpawnSyncOptions, "cwd" | "env">,
): string {
  const { status, signal, stdout, stderr, error } = spawnSync(command, args, {
    ...options,
    encoding: "utf8",
    maxBuffer: 64 * 1_048_576,
  });
  if (status === 0) return stdout;
  const how = error?.message ?? signal ?? `exit code ${status}`;
  throw new CommandError(`${command} ${args.join(" ")}: ${how}\n${stdout}${stderr}`);
}
