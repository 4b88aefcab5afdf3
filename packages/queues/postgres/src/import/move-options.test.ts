import { CountingObjectStore, MemoryObjectStore } from "@wf/testing";
import { describe, expect, it } from "vitest";
import { moveQueue, undoMove } from "../move.ts";

const NOWHERE = { connectionString: "postgresql://127.0.0.1:1/none" };
const NO_OBJECTS = [undefined, null, 7, "text", []];

describe("Moving a queue, and undoing that", () => {
  const store = new CountingObjectStore(new MemoryObjectStore());
  const from = { store, prefix: "queue" };
  const refused: readonly [string, readonly unknown[], string, RegExp][] = [
    ["from", NO_OBJECTS, "WF_INVALID_ARGUMENT", /^from is .*give an object$/],
    ["from", [{ ...from, store: {} }], "WF_INVALID_ARGUMENT", /^from\.store .*an ObjectStore$/],
    ["from", [{ store }, { store, prefix: "/a" }], "WF_INVALID_KEY", /^from\.prefix /],
    ["from", [{ ...from, clock: {} }], "WF_INVALID_ARGUMENT", /^clock /],
    ["from", [{ ...from, random: 7 }], "WF_INVALID_ARGUMENT", /^random is 7/],
    ["from", [{ ...from, logger: null }], "WF_INVALID_ARGUMENT", /^logger is null/],
    ["from", [{ ...from, pre: 1 }], "WF_INVALID_ARGUMENT", /^from has "pre", which is no option/],
    ["to", NO_OBJECTS, "WF_INVALID_ARGUMENT", /^to is .*give an object$/],
    ["to", [{ ...NOWHERE, schema: "a b" }], "WF_INVALID_ARGUMENT", /^schema is "a b"/],
    ["too", [NOWHERE], "WF_INVALID_ARGUMENT", /^options has "too", which is no option/],
  ];
  it.each(refused)(
    "refuses a bad %s before anything is asked",
    async (name, values, code, message) => {
      for (const value of values) {
        for (const call of [moveQueue, undoMove]) {
          const calling = call({ from, to: NOWHERE, [name]: value } as never);
          await expect(calling).rejects.toMatchObject({
            code,
            message: expect.stringMatching(message),
          });
        }
      }
      expect(store.counts.requests).toBe(0);
    },
  );

  it("refuses options that are none, and a discard that is neither true nor false", async () => {
    for (const options of NO_OBJECTS) {
      await expect(moveQueue(options as never)).rejects.toThrow(/^options is /);
      await expect(undoMove(options as never)).rejects.toThrow(/^options is /);
    }
    for (const discard of [null, "yes", 1]) {
      const undoing = undoMove({ from, to: NOWHERE, discard: discard as never });
      await expect(undoing).rejects.toThrow(/^discard is .*give true or false$/);
    }
    expect(store.counts.requests).toBe(0);
  });
});
