import { StoreError } from "@wf/core";
import { decodeFrame, encodeFrame } from "@wf/core/adapter";
import { seededRandom } from "@wf/testing";
import { expect, it } from "vitest";
import { fuzzOne, type Subject, waysOf } from "./fuzz.ts";

const KIND = { magic: "wfxx", version: 1 } as const;

const frames = ["one", "two"].map((key, index) => ({
  key,
  bytes: encodeFrame(KIND, Buffer.from(key), Buffer.from([0, 2, 7, index])),
}));

function damaged(key: string): Error {
  return new StoreError("WF_DATA_CORRUPT", `${key}: damaged`, { key });
}

/** Name, then a length and so many bytes; `allocate` makes room for them before they are looked for. */
function list(key: string, body: Uint8Array, allocate = false): Uint8Array {
  const name = Buffer.from(body.subarray(0, key.length)).toString();
  const rest = Buffer.from(body.subarray(key.length));
  if (name !== key || rest.length < 2) throw damaged(key);
  const size = rest.readUInt16BE(0);
  if (allocate) new Uint8Array(size * 1_024).fill(1);
  if (rest.length < 2 + size) throw damaged(key);
  return new Uint8Array(rest.subarray(2, 2 + size));
}

/** What a careless reader does. All but the first must be found out. */
const READERS: readonly (readonly [string, Subject["read"], RegExp | undefined])[] = [
  ["is sound", (key, bytes) => list(key, decodeFrame(KIND, key, bytes)), undefined],
  ["ignores the checksum", (key, bytes) => list(key, bytes.subarray(9)), /unnoticed/],
  [
    "ignores whose object it is",
    (key, bytes) => decodeFrame(KIND, key, bytes).slice(3),
    /a change went unnoticed/,
  ],
  [
    "falls over what is behind the checksum",
    (key, bytes) => Buffer.from(decodeFrame(KIND, key, bytes)).readUInt32BE(3),
    /ERR_BUFFER_OUT_OF_BOUNDS|out of|outside/i,
  ],
  [
    "does not say what is damaged",
    (_, bytes) => decodeFrame(KIND, "it", bytes),
    /does not name (one|two)/,
  ],
  [
    "makes room for what is not there",
    (key, bytes) => list(key, decodeFrame(KIND, key, bytes), true),
    /took \d{8,} bytes of memory/,
  ],
];

it.each(READERS)("A reader that %s is told from the others", async (_name, read, problem) => {
  const subject: Subject = {
    name: "a list",
    stored: frames,
    form: "sealed",
    content: "records",
    read,
  };
  const ways = waysOf(subject);
  const found = new Set<string>();
  for (let seed = 0; seed < 600; seed++) {
    await fuzzOne(subject, ways, seededRandom(seed), seed).catch(({ cause }) => {
      found.add(`${cause}`);
    });
  }
  if (problem === undefined) expect([...found]).toEqual([]);
  else expect([...found].join("\n")).toMatch(problem);
});
