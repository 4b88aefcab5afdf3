import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./free-port.ts";

const MAX_START_MS = 60_000;
const MAX_ANSWER_MS = 1_000;
const LOOK_EVERY_MS = 20;
/** Another process may take the port that was free. */
const MAX_STARTS = 3;

/** How a server is run that speaks HTTP. */
export interface ServerCommand {
  readonly program: string;
  /** @param directory of its own, empty, and removed at the end; also where it is run */
  readonly args: (port: number, directory: string) => readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Answered with a status below 500 once the server is ready. Default "/". */
  readonly readyPath?: string;
}

/** A server that runs on the loopback interface. */
export interface ExternalServer {
  /** `http://127.0.0.1:12345` */
  readonly origin: string;
  /** Ends it, and removes what it has stored. */
  stop(): Promise<void>;
}

/**
 * Runs a program, and ends it and removes its directory when the standard input ends: so it goes with the
 * process that started it, whatever ends that. Ctrl-C reaches this shell too, which then still has to remove the
 * directory. What a shell runs in the background has no standard input, hence descriptor 3.
 */
const UNTIL_INPUT_ENDS = `
trap '' INT TERM HUP
directory=$1
shift
cd "$directory"
exec 3<&0
"$@" 3<&- &
server=$!
exec 2>/dev/null
{ cat <&3 >/dev/null; kill -KILL $server; } &
wait $server
cd /
rm -rf "$directory"
`;

/**
 * Starts a server on a free port and resolves when it answers. It ends with this process, however that ends.
 *
 * @throws where it ends by itself or does not answer, with the end of what it said
 */
export async function startServer(command: ServerCommand): Promise<ExternalServer> {
  for (let starts = 1; ; starts++) {
    const started = await tryToStart(command);
    if (!(started instanceof Error)) return started;
    if (starts === MAX_STARTS) throw started;
  }
}

async function tryToStart(command: ServerCommand): Promise<ExternalServer | Error> {
  const { program, args, env, readyPath = "/" } = command;
  const directory = await mkdtemp(join(tmpdir(), "wf-server-"));
  const port = await freePort();
  const all = [directory, program, ...args(port, directory)];
  const child = spawn("sh", ["-c", UNTIL_INPUT_ENDS, "sh", ...all], {
    env: { ...process.env, ...env },
    stdio: ["pipe", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (text) => {
    said = (said + text).slice(-2_000);
  });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const stop = async () => {
    child.stdin.end();
    await ended;
  };
  const origin = `http://127.0.0.1:${port}`;
  if (await answers(origin + readyPath, child)) return { origin, stop };
  await stop();
  return new Error(`${program} does not answer at ${origin}: ${said}`);
}

/** Whether the server is ready in time. */
async function answers(url: string, server: ChildProcess): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < MAX_START_MS; waitedMs += LOOK_EVERY_MS) {
    const isReady = await fetch(url, { signal: AbortSignal.timeout(MAX_ANSWER_MS) }).then(
      ({ status }) => status < 500,
      () => false,
    );
    if (server.exitCode !== null || server.signalCode !== null) return false;
    if (isReady) return true;
    await sleep(LOOK_EVERY_MS);
  }
  return false;
}
