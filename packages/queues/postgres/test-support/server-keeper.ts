/**
 * Keeps one server for a whole test run: `node server-keeper.ts <process id of the run> <file>`. Writes where the
 * server is into the file, and removes everything when that process is gone.
 */
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { PostgresServer } from "./postgres-server.ts";

const POLL_MS = 300;
const [owner, file] = process.argv.slice(2) as [string, string];

const server = await PostgresServer.start({ directory: `${file}.d` });
writeFileSync(`${file}.new`, JSON.stringify({ port: server?.port }));
renameSync(`${file}.new`, file);

while (isAlive(Number(owner))) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
await server?.remove();
for (const left of [file, `${file}.lock`]) rmSync(left, { recursive: true, force: true });

function isAlive(processId: number): boolean {
  try {
    return process.kill(processId, 0);
  } catch {
    return false;
  }
}
