import assert from "node:assert/strict";
import { describe, expect, it } from "vitest";
import { crashEverywhere, type Scenario } from "../test-support/crash/crash-everywhere.ts";
import { JOB_SCENARIOS } from "../test-support/crash/scenarios/job-scenarios.ts";
import { RUN_SCENARIOS } from "../test-support/crash/scenarios/run-scenarios.ts";
import { STORAGE_SCENARIOS } from "../test-support/crash/scenarios/storage-scenarios.ts";
import { bytes, text } from "../test-support/fixtures.ts";

const SCENARIOS = [...STORAGE_SCENARIOS, ...JOB_SCENARIOS, ...RUN_SCENARIOS];

describe("a process that dies at any of its writes", () => {
  it.each(SCENARIOS)("loses nothing and leaves nothing half: $name", async (scenario) => {
    const points = await crashEverywhere(scenario);
    process.stdout.write(`crash points: ${scenario.name} ${points}\n`);
    expect(points).toBeGreaterThan(0);
  });
});

/** What programs do wrong, and what has to come of it. */
const FLAWED: readonly (readonly [string, Scenario["live"], RegExp])[] = [
  [
    "promises what is not durable yet",
    async ({ queue, ledger }) => {
      const isThere = (await queue.kv.get("a")) !== undefined;
      assert.ok(isThere || !ledger.knows("a"), "it is lost");
      ledger.tell("a");
      await queue.kv.put("a", bytes(""));
    },
    /it is lost/,
  ],
  [
    "writes in two commits what belongs together",
    async ({ queue }) => {
      const found = await Promise.all(["a", "b"].map((key) => queue.kv.get(key)));
      assert.equal(text(found[0]), text(found[1]), "it is half there");
      await queue.kv.put("a", bytes(""));
      await queue.kv.put("b", bytes(""));
    },
    /it is half there/,
  ],
  [
    "pays first and notes it then",
    async ({ queue, ledger }) => {
      if ((await queue.kv.get("paid")) !== undefined) return;
      assert.equal(ledger.count("paid"), 1, "it is paid twice");
      await queue.kv.put("paid", bytes(""));
    },
    /it is paid twice/,
  ],
  [
    "leaves an object to the next step to remove",
    async ({ queue, store }) => {
      if ((await queue.kv.get("done")) !== undefined) return;
      await store.put("object", bytes(""));
      await queue.kv.put("done", bytes(""));
      await store.delete("object");
    },
    /left behind/,
  ],
  [
    "waits for what never comes",
    async ({ clock }) => await clock.sleep("1h"),
    /it hangs after put queue\/log\//,
  ],
];

describe("dying at every write finds out a process that", () => {
  it.each(FLAWED)("%s", async (name, act, problem) => {
    const scenario: Scenario = {
      name,
      async live(life) {
        const queue = await life.open();
        await queue.kv.put("begun", bytes(""));
        await act(life);
        await life.close();
      },
      check: async () => {},
    };
    const found = await crashEverywhere(scenario).catch((error) => `${error} ${error.cause}`);
    expect(found).toMatch(problem);
  });
});
