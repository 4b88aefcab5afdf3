import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { expect, it, onTestFinished, vi } from "vitest";
import { startServer } from "./external-server.ts";

/** Says in its answers where it runs and by which process id. */
const SERVER = `
  const { writeFileSync } = require("node:fs");
  writeFileSync("stored", "x");
  require("node:http")
    .createServer((_, answer) => answer.end(JSON.stringify([process.pid, process.cwd()])))
    .listen(Number(process.argv[1]), "127.0.0.1");
`;
const COMMAND = {
  program: process.execPath,
  args: (port: number) => ["-e", SERVER, String(port)],
};

async function ask(origin: string): Promise<[processId: number, directory: string]> {
  return (await (await fetch(origin)).json()) as [number, string];
}

function isAlive(processId: number): boolean {
  try {
    return process.kill(processId, 0);
  } catch {
    return false;
  }
}

it("runs a server in a directory of its own, and leaves nothing when it is stopped", async () => {
  const [one, two] = await Promise.all([startServer(COMMAND), startServer(COMMAND)]);
  const answers = await Promise.all([ask(one.origin), ask(two.origin)]);
  expect(answers[0]).not.toEqual(answers[1]);
  for (const [processId, directory] of answers) {
    expect([isAlive(processId), existsSync(directory)]).toEqual([true, true]);
  }
  await one.stop();
  await two.stop();
  for (const [processId, directory] of answers) {
    expect([isAlive(processId), existsSync(directory)]).toEqual([false, false]);
  }
});

it("tells what a server said that ends before it answers", async () => {
  const args = () => ["-e", "console.error('the disk is full'); process.exit(1)"];
  await expect(startServer({ ...COMMAND, args })).rejects.toThrow(
    /does not answer at http:.*the disk is full/s,
  );
});

it("takes another port where a process was quicker to take the first one", async () => {
  const others: Server[] = [];
  const args = (port: number) => {
    if (others.length === 0) {
      const other = createServer((socket) => socket.destroy());
      // Without a host it listens at once, before the process is started.
      others.push(other.listen(port));
    }
    return COMMAND.args(port);
  };
  const server = await startServer({ ...COMMAND, args });
  onTestFinished(() => server.stop());
  const other = others[0] as Server;
  onTestFinished(() => void other.close());
  const taken = (other.address() as AddressInfo).port;
  expect(server.origin).not.toBe(`http://127.0.0.1:${taken}`);
  await ask(server.origin);
});

it.each([
  ["is killed", (owner: number) => process.kill(owner, "SIGKILL")],
  [
    "is interrupted with all of its group, as by Ctrl-C",
    (owner: number) => process.kill(-owner, "SIGINT"),
  ],
])("ends with the process that started it, when that %s", async (_, end) => {
  const owner = spawnOwner();
  const lines = createInterface({ input: owner.stdout as Readable });
  const [origin] = await once(lines, "line");
  const [processId, directory] = await ask(String(origin));
  end(owner.pid as number);
  await vi.waitUntil(() => !isAlive(processId) && !existsSync(directory), { timeout: 240_000 });
});

/** A process that starts a server, says where, and does not end. */
function spawnOwner(): ChildProcess {
  const program = `
    const { startServer } = await import(${JSON.stringify(new URL("./external-server.ts", import.meta.url).href)});
    const server = await startServer({
      program: process.execPath,
      args: (port) => ["-e", ${JSON.stringify(SERVER)}, String(port)],
    });
    console.log(server.origin);
    await new Promise(() => setInterval(() => {}, 60_000));
  `;
  const owner = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
    // In a group of its own.
    detached: true,
  });
  onTestFinished(() => void owner.kill("SIGKILL"));
  return owner;
}
