import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PostgresServer, type ServerOptions } from "./postgres-server.ts";

/** A server for one test, which may do with it what it likes. Undefined where this machine has none. */
export async function ownServer(
  options: Omit<ServerOptions, "directory"> = {},
): Promise<(PostgresServer & AsyncDisposable) | undefined> {
  const directory = mkdtempSync(join(tmpdir(), "wf-postgres-own-"));
  const server = await PostgresServer.start({ ...options, directory });
  if (server === undefined) return undefined;
  const kill = () => {
    if (server.processId !== undefined) process.kill(server.processId, "SIGQUIT");
  };
  // Where the test runner ends without letting the test end.
  process.once("exit", kill);
  return Object.assign(server, {
    async [Symbol.asyncDispose]() {
      process.removeListener("exit", kill);
      await server.remove();
    },
  });
}
