import { goProgram } from "../server-cache.ts";
import {
  type LoopbackServer,
  type StartOptions,
  startProgram,
  type Unavailable,
} from "./loopback-server.ts";

const BUCKETS = "/storage/v1/b?project=test";
/** A server of the JSON API, in memory. Takes some minutes to build. */
const PROGRAM = goProgram("fake-gcs-server", "github.com/fsouza/fake-gcs-server", "v1.55.1");

export async function startGcsServer(
  options: StartOptions = {},
): Promise<LoopbackServer | Unavailable> {
  const commandOf = (program: string) => ({ program, args: argsFor, readyPath: BUCKETS });
  const server = await startProgram(PROGRAM, commandOf, options);
  if ("unavailable" in server) return server;
  return {
    ...server,
    name: "fake-gcs-server",
    env: { STORAGE_EMULATOR_HOST: server.origin },
    async createBucket(name) {
      const body = JSON.stringify({ name });
      const answer = await fetch(server.origin + BUCKETS, { method: "POST", body });
      if (!answer.ok) throw new Error(`there is no bucket ${name}: ${await answer.text()}`);
    },
  };
}

function argsFor(port: number): string[] {
  const host = `127.0.0.1:${port}`;
  return [
    ...["-scheme", "http", "-host", "127.0.0.1", "-port", String(port)],
    ...["-public-host", host, "-external-url", `http://${host}`],
    ...["-backend", "memory", "-log-level", "error"],
  ];
}
