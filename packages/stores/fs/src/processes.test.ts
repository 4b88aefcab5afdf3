import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { temporaryRoot } from "../test/temporary-root.ts";
import { bodyOf, writerOf } from "../test/whole-body.ts";
import { FileSystemObjectStore } from "./index.ts";

function start(program: string, args: readonly string[], uid?: number): ChildProcess {
  const path = fileURLToPath(new URL(`../test/${program}`, import.meta.url));
  return spawn(process.execPath, ["--conditions=@wf/source", path, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    ...(uid === undefined ? {} : { uid }),
  });
}

/** What the program printed, once it has ended well. */
async function output(child: ChildProcess): Promise<string> {
  const [printed, problem, [code]] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    once(child, "close"),
  ]);
  expect(code, problem).toBe(0);
  return printed;
}

it("of several processes that race for slots exactly one wins each, and none reads a part", async () => {
  const root = await temporaryRoot();
  const writers = [1, 2, 3, 4];
  const slots = 60;
  const outputs = await Promise.all(
    writers.map((writer) => output(start("racing-writer.ts", [root, `${writer}`, `${slots}`]))),
  );
  const results = outputs.map((json) => JSON.parse(json) as { won: number[]; torn: number });
  expect(results.map(({ torn }) => torn)).toEqual([0, 0, 0, 0]);
  expect(results.flatMap(({ won }) => won).sort((a, b) => a - b)).toEqual(
    Array.from({ length: slots }, (_, slot) => slot),
  );
  const store = new FileSystemObjectStore({ root });
  for (const [i, { won }] of results.entries()) {
    for (const slot of won) expect(writerOf((await store.get(`slots/${slot}`))!)).toBe(writers[i]);
  }
});

it("control: a writer that opens the object's own name would be seen half done", async () => {
  const root = await temporaryRoot();
  const store = new FileSystemObjectStore({ root });
  await store.put("slots/0", bodyOf(1));
  const handle = await open(`${root}/slots/1+`, "wx");
  await handle.write(bodyOf(1).subarray(1_000));
  const seen = await store.get("slots/1");
  await handle.close();
  expect(seen).toBeDefined();
  expect(writerOf(seen!)).toBeUndefined();
  expect(writerOf((await store.get("slots/0"))!)).toBe(1);
});

it("a process killed at any point leaves all that it acknowledged, and only whole objects", async () => {
  const root = await temporaryRoot();
  for (const acknowledgements of [1, 20, 120]) {
    const child = start("endless-writer.ts", [`${root}/${acknowledgements}`]);
    const acknowledged: string[] = [];
    for await (const key of createInterface({ input: child.stdout! })) {
      acknowledged.push(key);
      if (acknowledged.length === acknowledgements) child.kill("SIGKILL");
    }
    const store = new FileSystemObjectStore({ root: `${root}/${acknowledgements}` });
    const listed = new Set<string>();
    for await (const { key } of store.list("")) listed.add(key);
    expect(acknowledged.length).toBeGreaterThanOrEqual(acknowledgements);
    expect(acknowledged.filter((key) => !listed.has(key))).toEqual([]);
    for (const key of listed) expect(writerOf((await store.get(key))!), key).toBeDefined();
    await store.put("still/usable", bodyOf(1), { ifAbsent: true });
  }
});

it("a process without permission is told what is missing, and that a retry may help", async (test) => {
  const root = await temporaryRoot();
  await mkdir(root);
  await chmod(dirname(root), 0o755);
  await chmod(root, 0o555);
  // Permissions do not bind the superuser.
  const nobody = process.getuid?.() === 0 ? 65_534 : undefined;
  if (!runsAs(nobody)) test.skip(`no other user can run ${process.execPath}`);
  const printed = JSON.parse(await output(start("denied-writer.ts", [root], nobody)));
  expect(printed).toMatchObject({ code: "WF_STORE_DENIED", retry: "safe" });
  expect(printed.message).toContain("permission to read, write and search");
  expect(printed.message).toContain(root);
});

/** Whether this Node lies where user `uid` can get at it. */
function runsAs(uid: number | undefined): boolean {
  return uid === undefined || spawnSync(process.execPath, ["--version"], { uid }).status === 0;
}
