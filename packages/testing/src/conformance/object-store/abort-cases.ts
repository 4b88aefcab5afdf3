import assert from "node:assert/strict";
import type { ObjectStore } from "@wf/core";
import { assertBody, text } from "../assertions.ts";
import {
  collect,
  fill,
  keysOf,
  type ObjectStoreCase,
  patternedBody,
  turns,
} from "./object-store-case.ts";
import type { HeldRequest } from "./object-store-subject.ts";

const REASON = new Error("the caller has gone");
/** Turns of the event loop in which an abort must have ended a call: it waits for nothing else. */
const ABORT_TURNS = 1_000;

type Call = (store: ObjectStore, signal: AbortSignal) => Promise<unknown>;

/** Each way to call the store, on objects `kept` and `kept/2` that are there and one `new` that is not. */
const CALLS: Readonly<Record<string, Call>> = {
  put: (store, signal) => store.put("new", text("y"), { signal }),
  create: (store, signal) => store.put("new", text("y"), { signal, ifAbsent: true }),
  get: (store, signal) => store.get("kept", { signal }),
  "ranged get": (store, signal) => store.get("kept", { signal, range: { offset: 0, length: 1 } }),
  delete: (store, signal) => store.delete("kept", { signal }),
  "delete of many": (store, signal) => store.delete(["kept", "kept/2"], { signal }),
  list: (store, signal) => collect(store.list("", { signal })),
};

export const ABORT_CASES: readonly ObjectStoreCase[] = [
  {
    id: "abort-001",
    title: "a signal aborted before the call rejects with its reason, and nothing is sent",
    async run({ store, sendsNothing }) {
      await fill(store, ["kept", "kept/2"]);
      await sendsNothing(async () => {
        for (const [name, call] of Object.entries(CALLS)) {
          for (const reason of [REASON, "a text"]) {
            const calling = call(store, AbortSignal.abort(reason));
            await assert.rejects(calling, (error) => error === reason, name);
          }
        }
      });
      assert.deepEqual(await keysOf(store, ""), ["kept", "kept/2"]);
    },
  },
  {
    id: "abort-002",
    title: "a put aborted on the way leaves nothing or the whole object",
    async run({ store }) {
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
          await turns(i);
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
  {
    id: "abort-003",
    title:
      "calls aborted on the way reject with the reason or have ended, and leave the store usable",
    async run({ store }) {
      // More than a client has connections.
      const attempts = Array.from({ length: 20 }, (_, i) => i);
      for (const [name, call] of Object.entries(CALLS)) {
        await store.put("kept", patternedBody(200_000));
        await store.put("kept/2", text("x"));
        await Promise.all(
          attempts.map(async (i) => {
            const controller = new AbortController();
            const calling = call(store, controller.signal).catch((error) => {
              // Those that race for a key may also lose it to one that was not aborted in time.
              if (error?.code !== "WF_STORE_ALREADY_EXISTS") assert.equal(error, REASON, name);
            });
            await turns(i);
            controller.abort(REASON);
            await calling;
          }),
        );
      }
      // A key that no aborted call was about: what was aborted may still land.
      await store.put("usable", text("again"));
      assertBody(await store.get("usable"), text("again"));
      await store.delete("usable");
    },
  },
  {
    id: "abort-004",
    title: "a listing aborted after its first entry rejects with the reason and not with an end",
    async run({ store }) {
      await fill(store, ["a", "b", "c"]);
      const controller = new AbortController();
      const listing = async () => {
        for await (const { key } of store.list("", { signal: controller.signal })) {
          assert.equal(key, "a");
          controller.abort(REASON);
        }
      };
      await assert.rejects(listing, (error) => error === REASON);
    },
  },
  {
    id: "abort-005",
    title: "an abort ends a call that waits for its answer, with the reason",
    needsFaults: true,
    async run({ store, faults }) {
      const allHeld: HeldRequest[] = [];
      try {
        for (const [name, call] of Object.entries(CALLS)) {
          await fill(store, ["kept", "kept/2"]);
          await store.delete("new");
          const held = faults.holdNextRequest();
          allHeld.push(held);
          const controller = new AbortController();
          const calling = call(store, controller.signal).then(
            () => "it ended",
            (error: unknown) => error,
          );
          const first = await Promise.race([held.sent.then(() => "sent"), calling]);
          assert.equal(first, "sent", `${name}: ${String(first)} without a request on the way`);
          controller.abort(REASON);
          const end = await Promise.race([calling, turns(ABORT_TURNS).then(() => "it waits on")]);
          assert.equal(end, REASON, `${name}: ${String(end)}`);
        }
        await fill(store, ["kept"]);
        assertBody(await store.get("kept"), text("kept"));
      } finally {
        // Only now, because a request that was given up may still be carried out.
        for (const held of allHeld) held.release();
      }
    },
  },
];
