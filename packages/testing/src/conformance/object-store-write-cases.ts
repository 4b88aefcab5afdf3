import assert from "node:assert/strict";
import { assertBody, assertCode, rejectsWith, text } from "./assertions.ts";
import { collect, fill, keysOf, type ObjectStoreCase } from "./object-store-case.ts";

const RACERS = 20;

const BAD_KEYS = [
  "",
  "/",
  "/a",
  "a/",
  "a//b",
  ".",
  "a/../b",
  "a/./b",
  "a b",
  "a\\b",
  "a%2Fb",
  "a+b",
  "ä",
  "a\u0000",
  "x".repeat(201),
  `${"x/".repeat(450)}x`,
];

export const OBJECT_STORE_WRITE_CASES: readonly ObjectStoreCase[] = [
  {
    id: "put-001",
    title: "put replaces an existing object",
    async run(store) {
      await store.put("key", text("the first and longer one"));
      await store.put("key", text("second"));
      assertBody(await store.get("key"), text("second"));
    },
  },
  {
    id: "put-002",
    title: "what a caller does to its bytes later changes nothing in the store",
    async run(store) {
      const body = Buffer.from("kept");
      await store.put("key", body);
      body.fill(0);
      const got = await store.get("key");
      assertBody(got, text("kept"));
      got?.fill(0);
      assertBody(await store.get("key"), text("kept"));
    },
  },
  {
    id: "put-003",
    title: "a body that is a view on a larger buffer is stored without its surroundings",
    async run(store) {
      await store.put("key", text("..kept..").subarray(2, 6));
      assertBody(await store.get("key"), text("kept"));
    },
  },
  {
    id: "create-001",
    title: "put with ifAbsent creates an object that is not there",
    async run(store) {
      await store.put("key", text("one"), { ifAbsent: true });
      assertBody(await store.get("key"), text("one"));
    },
  },
  {
    id: "create-002",
    title: "put with ifAbsent fails with WF_STORE_ALREADY_EXISTS and leaves the object as it is",
    async run(store) {
      await store.put("key", text("one"));
      await rejectsWith("WF_STORE_ALREADY_EXISTS", () =>
        store.put("key", text("two"), { ifAbsent: true }),
      );
      assertBody(await store.get("key"), text("one"));
    },
  },
  {
    id: "create-003",
    title: "a deleted key can be created again",
    async run(store) {
      await store.put("key", text("one"), { ifAbsent: true });
      await store.delete("key");
      await store.put("key", text("two"), { ifAbsent: true });
      assertBody(await store.get("key"), text("two"));
    },
  },
  {
    id: "create-004",
    title: "of racing creates exactly one wins, and its body is what is read",
    async run(store) {
      const racers = Array.from({ length: RACERS }, (_, i) => text(`body of racer ${i}`));
      const results = await Promise.allSettled(
        racers.map((body) => store.put("raced/key", body, { ifAbsent: true })),
      );
      const winners = racers.filter((_, i) => results[i]?.status === "fulfilled");
      assert.equal(winners.length, 1);
      assertBody(await store.get("raced/key"), winners[0] as Uint8Array);
      for (const result of results) {
        if (result.status === "rejected") assertCode(result.reason, "WF_STORE_ALREADY_EXISTS");
      }
    },
  },
  {
    id: "delete-001",
    title: "a deleted object is neither got nor listed; its neighbours stay",
    async run(store) {
      await fill(store, ["a", "a/b", "a/b/c", "b"]);
      await store.delete("a/b");
      assert.equal(await store.get("a/b"), undefined);
      assert.deepEqual(await keysOf(store, ""), ["a", "a/b/c", "b"]);
    },
  },
  {
    id: "delete-002",
    title: "deleting what is not there is no error",
    async run(store) {
      await store.delete("missing");
      await store.delete(["also/missing", "missing"]);
      await store.delete([]);
    },
  },
  {
    id: "delete-003",
    title: "many keys are deleted in one call, with missing and repeated ones among them",
    async run(store) {
      const keys = Array.from({ length: 1_100 }, (_, i) => `many/${i % 7}/${i}`);
      await fill(store, keys);
      await store.delete(["many", "many/0", ...keys, ...keys.slice(0, 5), "many/none"]);
      assert.deepEqual(await keysOf(store, ""), []);
    },
  },
  {
    id: "keys-001",
    title: "a key against the rule is refused with WF_INVALID_KEY and nothing is written",
    async run(store) {
      await store.put("kept", text("x"));
      for (const key of BAD_KEYS) {
        await rejectsWith("WF_INVALID_KEY", () => store.put(key, text("x")));
        await rejectsWith("WF_INVALID_KEY", () => store.put(key, text("x"), { ifAbsent: true }));
        await rejectsWith("WF_INVALID_KEY", () => store.get(key));
        await rejectsWith("WF_INVALID_KEY", () => store.delete(key));
        await rejectsWith("WF_INVALID_KEY", () => store.delete(["kept", key]));
      }
      assert.deepEqual(await keysOf(store, ""), ["kept"]);
    },
  },
  {
    id: "abort-001",
    title: "a signal aborted before the call rejects with its reason, and nothing happens",
    async run(store) {
      await store.put("kept", text("x"));
      const reason = new Error("the caller has gone");
      const signal = AbortSignal.abort(reason);
      const calls = [
        () => store.put("new", text("y"), { signal }),
        () => store.put("new", text("y"), { signal, ifAbsent: true }),
        () => store.get("kept", { signal }),
        () => store.get("kept", { signal, range: { offset: 0, length: 1 } }),
        () => store.delete("kept", { signal }),
        () => collect(store.list("", { signal })),
      ];
      for (const call of calls) {
        await assert.rejects(call, (error) => error === reason);
      }
      assert.deepEqual(await keysOf(store, ""), ["kept"]);
    },
  },
  {
    id: "abort-002",
    title: "a put aborted on the way leaves nothing or the whole object",
    async run(store) {
      const body = text("whole ".repeat(50_000));
      const results = await Promise.all(
        Array.from({ length: 16 }, async (_, i) => {
          const controller = new AbortController();
          const put = store.put(`key-${i}`, body, { signal: controller.signal, ifAbsent: true });
          const settled = put.then(
            () => true,
            (error) => {
              assert.equal(error, controller.signal.reason);
              return false;
            },
          );
          for (let turn = 0; turn < i; turn++) await new Promise((done) => setImmediate(done));
          controller.abort();
          return settled;
        }),
      );
      for (const [i, stored] of results.entries()) {
        const got = await store.get(`key-${i}`);
        if (stored || got !== undefined) assertBody(got, body);
      }
    },
  },
];
