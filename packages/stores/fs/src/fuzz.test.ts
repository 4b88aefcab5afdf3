import { mkdir, writeFile } from "node:fs/promises";
import { checkObjectKey } from "@wf/core/adapter";
import { seededRandom } from "@wf/testing";
import { expect, it } from "vitest";
import { fuzzCases } from "../../../core/test/fuzz/fuzz.ts";
import { BYTE_MUTATIONS, pick } from "../../../core/test/fuzz/mutations.ts";
import { temporaryRoot } from "../test/temporary-root.ts";
import { FileSystemObjectStore } from "./index.ts";
import { directoryPath, directorySegment, objectPath, objectSegment } from "./key-path.ts";

const MUTATIONS = Object.values(BYTE_MUTATIONS);
const SEGMENTS = [
  "a",
  "log",
  "00000000000000000001",
  "README",
  "Z".repeat(200),
  "a.b_c=d-e",
  "x.Y",
];

/** A name of a file, as something else than this store may have left it. */
function strangeName(random: () => number): string {
  const name = pick(random, SEGMENTS.flatMap(namesOf));
  const mutate = pick(random, MUTATIONS);
  const other = Buffer.from(pick(random, ["+", ",1", "+v1", "..", "A+", "\u00e9"]));
  const damaged = mutate(random, new Uint8Array(Buffer.from(name)), new Uint8Array(other));
  return Buffer.from(damaged).toString(random() < 0.8 ? "latin1" : "utf8");
}

function namesOf(segment: string): string[] {
  return [objectPath(segment), directoryPath(`${segment}/`).slice(0, -1)];
}

it("a strange file name stands for a key that would have it, or for none", async () => {
  await fuzzCases(3_000, async (random) => {
    const name = strangeName(random);
    const object = objectSegment(name);
    if (object !== undefined) {
      checkObjectKey(object);
      expect(objectPath(object)).toBe(name);
    }
    const directory = directorySegment(name);
    if (directory !== undefined) {
      checkObjectKey(directory);
      expect(directoryPath(`${directory}/`)).toBe(`${name}/`);
    }
  });
});

it("a directory full of strange files and directories is listed, each key once and readable", async () => {
  const root = await temporaryRoot();
  const random = seededRandom(1);
  const store = new FileSystemObjectStore({ root });
  await store.put("log/kept", Uint8Array.of(1));
  for (let count = 0; count < 400; count++) {
    const path = `${root}/${random() < 0.5 ? "" : "log/"}${strangeName(random)}`;
    // What no file system can name, or is there already.
    const make = random() < 0.7 ? writeFile(path, "strange", { flag: "wx" }) : mkdir(path);
    await make.catch(() => {});
  }
  const keys: string[] = [];
  for await (const { key } of store.list("")) keys.push(key);
  expect(keys).toContain("log/kept");
  expect(keys).toEqual([...new Set(keys)].sort());
  for (const key of keys) expect(await store.get(key), key).toBeDefined();
});
