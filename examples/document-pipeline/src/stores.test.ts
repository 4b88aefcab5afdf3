import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { text } from "node:stream/consumers";
import { openStore } from "@wf/example-store-url";
import { CLOUDS } from "@wf/test-support/servers/cloud-servers";
import { describe, expect, it, onTestFinished, vi } from "vitest";

const DOCUMENTS = path.resolve(import.meta.dirname, "../../../packages");
const BUCKET = "wf-demo";
/** Kills while the worker opens its queue for the first time, and early in the work. */
const SEED = 13;

/** Runs the demo on a store, as a user does. */
async function runDemo(store: string) {
  const main = path.join(import.meta.dirname, "main.ts");
  const size = ["--documents", "6", "--kills", "2", "--seed", String(SEED)];
  const args = ["--conditions=@wf/source", main, DOCUMENTS, ...size, "--store", store];
  const demo = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  const [output, problems, [status]] = await Promise.all([
    text(demo.stdout),
    text(demo.stderr),
    once(demo, "close"),
  ]);
  return { status, output: output.trim(), problems };
}

async function keysIn(store: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of (await openStore(store)).list("")) keys.push(key);
  return keys;
}

describe("The demo", () => {
  it.for(CLOUDS)(
    "survives kills with everything in $scheme://, and leaves nothing there",
    async (cloud, { skip }) => {
      const server = await cloud.start();
      if ("unavailable" in server) return skip(server.unavailable);
      onTestFinished(() => server.stop());
      await server.createBucket(BUCKET);
      for (const [name, value] of Object.entries(server.env)) vi.stubEnv(name, value);
      onTestFinished(() => void vi.unstubAllEnvs());

      const store = `${cloud.scheme}://${BUCKET}/below`;
      const { status, output, problems } = await runDemo(store);
      expect(output.split("\n").at(-1), output + problems).toMatch(
        /^demo: 6 documents, 2 kills, \d+ calls paid, \d+ paid twice, reports identical to an uninterrupted run: yes$/,
      );
      expect(status).toBe(0);
      expect(await keysIn(store)).toEqual([]);
    },
  );
});
