import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/** Below those that systems give out by themselves, or somebody would soon have the port that was free. */
const FIRST_PORT = 10_000;
const LAST_PORT = 32_000;

/** A port on loopback that nobody listens on; another process may still be quicker to take it. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST_PORT, LAST_PORT + 1);
    const server = createServer().listen(port, "127.0.0.1");
    try {
      await once(server, "listening");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") continue;
      throw error;
    }
    await new Promise((closed) => server.close(closed));
    return port;
  }
}
