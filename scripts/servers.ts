/**
 * Runs a server on this machine in the place of each cloud until it is interrupted, and prints the commands that
 * work on them. What is not there is installed first, once, into the user's cache. Nothing that they store is kept.
 */
import { describeError } from "@wf/core";
import { CLOUDS } from "@wf/test-support/servers/cloud-servers";
import type { LoopbackServer } from "@wf/test-support/servers/loopback-server";

const BUCKET = "wf-demo";

async function main(): Promise<void> {
  const running: LoopbackServer[] = [];
  for (const { store, scheme, start } of CLOUDS) {
    const server = await start({ install: true });
    if ("unavailable" in server) continue;
    running.push(server);
    await server.createBucket(BUCKET);
    const { name, origin, env } = server;
    const settings = Object.entries(env).map(([variable, value]) => `${variable}=${quoted(value)}`);
    console.log(`\n${store}: ${name} at ${origin}\n`);
    for (const command of ["demo", "conformance"]) {
      const run = `npm run ${command} -- --store ${scheme}://${BUCKET}`;
      console.log(`  ${[...settings, run].join(" \\\n    ")}\n`);
    }
  }
  if (running.length === 0) throw new Error("none of the servers can be had");
  console.log("Running until Ctrl-C.");
  await interrupted();
  for (const server of running) await server.stop();
}

function interrupted(): Promise<unknown> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, resolve);
  });
}

/** For a shell. */
function quoted(text: string): string {
  return /^[\w./:-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

try {
  await main();
} catch (error) {
  console.error(describeError(error));
  process.exitCode = 1;
}
