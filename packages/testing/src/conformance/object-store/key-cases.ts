import assert from "node:assert/strict";
import { rejectsWith, text } from "../assertions.ts";
import {
  assertHolds,
  collect,
  fill,
  inParallel,
  keysOf,
  type ObjectStoreCase,
} from "./object-store-case.ts";

const BAD_KEYS = [
  "",
  "/",
  "//",
  "/a",
  "a/",
  "a//b",
  ".",
  "..",
  "./a",
  "../a",
  "a/.",
  "a/..",
  "a/../b",
  "a/./b",
  "a.",
  "a..",
  "...",
  "a./b",
  "a/b.",
  "a b",
  " a",
  "a ",
  "a\n",
  "a\\b",
  "a%2Fb",
  "%61",
  "a+b",
  "lost+found",
  "a?b",
  "a#b",
  "a&b",
  "a:b",
  "a*b",
  "a~b",
  "a@b",
  "a,b",
  "a;b",
  "a'b",
  'a"b',
  "<a>",
  "ä",
  "a\u0308",
  "\uff41",
  "\ud800",
  "a\u0000",
  "x".repeat(201),
  `${"x".repeat(201)}/a`,
  `${`${"x".repeat(200)}/`.repeat(4)}${"x".repeat(97)}`,
  `${"x/".repeat(100)}x`,
  `${"x/".repeat(450)}x`,
];

/** Legal, and something else to a path, an URL, an XML or a JSON parser, a file system or an object. */
const ODD_KEYS = [
  // Dots and marks
  ".a",
  "..a",
  "a..b",
  "-",
  "--",
  "-/-",
  "=",
  "==",
  "_",
  ".-",
  "=.=",
  "a/.b/c",
  ".hidden/.deep/.key",
  // Reserved names and temporary files
  "CON",
  "con",
  "nul",
  "NUL.txt",
  "aux/prn",
  "COM1",
  "Thumbs.db",
  ".DS_Store",
  ".git/config",
  ".tmp",
  "tmp/a",
  "a.tmp",
  "tmp-1",
  "a.lock",
  "a.swp",
  // What routes and queries are made of
  "q.w=e-r_t",
  "list-type=2",
  "prefix=x/delimiter=y",
  "restype=container",
  "uploads",
  "versions",
  "b/bucket/o/key",
  "index.html",
  "http.example.com/a",
  // What a parser takes for a value of another type
  "0",
  "00",
  "007",
  "-1",
  "1.0",
  "1e5",
  "0x1F",
  "NaN",
  "null",
  "true",
  "undefined",
  "2026-01-01T00.00.00Z",
  // Members of every object
  "__proto__",
  "__proto__/a",
  "constructor",
  "toString",
  "length",
];

/** Each is the start of others, and their order is not that of a directory walk. */
const NESTED_KEYS = ["a", "a-", "a-/b", "a.b", "a/b", "a/b-", "a/b/c", "a0", "a=", "aa", "aa/b"];

export const KEY_CASES: readonly ObjectStoreCase[] = [
  {
    id: "keys-001",
    title: "a key against the rule is refused with WF_INVALID_KEY, and nothing is sent",
    async run({ store, sendsNothing }) {
      await store.put("kept", text("x"));
      const range = { offset: 0, length: 1 };
      await sendsNothing(async () => {
        for (const key of BAD_KEYS) {
          const calls = [
            () => store.put(key, text("x")),
            () => store.put(key, text("x"), { ifAbsent: true }),
            () => store.get(key),
            () => store.get(key, { range }),
            () => store.delete(key),
            () => store.delete(["kept", key]),
          ];
          for (const call of calls) await rejectsWith("WF_INVALID_KEY", call);
        }
      });
      assert.deepEqual(await keysOf(store, ""), ["kept"]);
    },
  },
  {
    id: "keys-002",
    title: "keys that mean something to a parser or a file system are keys like any other",
    run: ({ store }) => assertKeepsApart(store, ODD_KEYS),
  },
  {
    id: "keys-003",
    title: "keys that are prefixes of each other are kept apart",
    run: ({ store }) => assertKeepsApart(store, NESTED_KEYS),
  },
  {
    id: "keys-004",
    title: "keys that differ only in case are kept apart",
    run: ({ store }) =>
      assertKeepsApart(store, ["key", "Key", "kEY", "KEY", "a/b", "A/b", "a/B", "A/B", "a", "A"]),
  },
  {
    id: "keys-005",
    title: "the longest segments, the longest keys and deep ones are kept apart",
    async run({ store }) {
      const segments = ["x", "X", ".", "=", "-"].map((mark) => mark.repeat(199));
      const long = segments.flatMap((segment) => [`${segment}0`, `${segment}1`]);
      const longest = `${"seg-ment.".repeat(22)}_=/`.repeat(4);
      const deep = "d/".repeat(50);
      await assertKeepsApart(store, [
        ...long,
        ...["a", "b"].map((end) => longest + end.repeat(900 - longest.length)),
        longest.slice(0, -1),
        ...["a", "b", "c/d"].map((end) => deep + end),
        deep.slice(0, -1),
      ]);
    },
  },
  {
    id: "keys-006",
    title: "a bad argument is refused with WF_INVALID_ARGUMENT, and nothing is sent",
    async run({ store, sendsNothing }) {
      await store.put("kept", text("x"));
      await sendsNothing(async () => {
        for (const value of [null, 7, "text", []].map(untyped)) {
          const calls = [
            () => store.put("kept", value),
            () => store.put("kept", text("y"), value),
            () => store.put("kept", text("y"), { ifAbsent: value }),
            () => store.put("kept", text("y"), { signal: value }),
            () => store.get("kept", value),
            () => store.get("kept", { signal: value }),
            () => store.get("kept", { range: value }),
            () => store.delete("kept", value),
            () => store.delete("kept", { signal: value }),
            () => collect(store.list("", value)),
            () => collect(store.list("", { signal: value })),
          ];
          for (const call of calls) await rejectsWith("WF_INVALID_ARGUMENT", call);
        }
        for (const value of [null, 7, {}].map(untyped)) {
          const calls = [
            () => store.delete(value),
            () => collect(store.list(value)),
            () => collect(store.list("", { startAfter: value })),
          ];
          for (const call of calls) await rejectsWith("WF_INVALID_ARGUMENT", call);
        }
      });
      await assertHolds(store, new Map([["kept", text("x")]]));
    },
  },
];

/** A value that the types forbid. */
function untyped(value: unknown): never {
  return value as never;
}

/** Stores an object at each key, reads, lists and deletes each, and looks that the others stay. */
async function assertKeepsApart(
  store: Parameters<typeof fill>[0],
  keys: readonly string[],
): Promise<void> {
  await fill(store, keys);
  const bodies = new Map(keys.map((key) => [key, text(key)]));
  await assertHolds(store, bodies);
  await inParallel(keys, async (key) => {
    const expected = keys.filter((other) => other.startsWith(key)).sort();
    const listed = await collect(store.list(key));
    assert.deepEqual(
      listed.map((meta) => meta.key),
      expected,
      `prefix ${key}`,
    );
    assert.deepEqual(
      await keysOf(store, "", key),
      keys.filter((other) => other > key).sort(),
      `startAfter ${key}`,
    );
  });
  for (const [i, key] of keys.entries()) {
    await store.delete(i % 2 === 0 ? key : [key]);
    bodies.delete(key);
    if (i % 8 === 0) await assertHolds(store, bodies);
  }
  await assertHolds(store, bodies);
}
