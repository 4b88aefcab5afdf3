/**
 * What does the memo of a step cost: a value that is there, one that is missing, one that is computed and
 * kept, one that is remembered? In memory and on the file system; alone, and 64 at once.
 */
import { join } from "node:path";
import { MemoStore, type ObjectStore } from "@wf/core";
import { FileSystemObjectStore } from "@wf/store-fs";
import { MemoryObjectStore } from "@wf/testing";
import { inParallel } from "../load.ts";
import type { Bench, Question } from "../question.ts";
import { median } from "../statistics.ts";
import { millisecondsOf } from "../stopwatch.ts";

const ENTRIES = 256;
const VALUE = new Uint8Array(1_024);

export const question: Question = {
  asks: "memo: hit, miss, remember",
  async run(bench) {
    await measure(bench, "memory", new MemoryObjectStore(), 40);
    const root = join(bench.directory, "store");
    await measure(bench, "filesystem", new FileSystemObjectStore({ root }), 2);
  },
};

async function measure(
  bench: Bench,
  name: string,
  store: ObjectStore,
  rounds: number,
): Promise<void> {
  const memos = new MemoStore(store, "memo");
  for (let entry = 0; entry < ENTRIES; entry++) await memos.memo("kept", 0).put(`${entry}`, VALUE);
  let runs = 0;
  const calls = {
    hit: (_run: string, entry: number) => memos.memo("kept", 0).get(`${entry}`),
    miss: (_run: string, entry: number) => memos.memo("kept", 0).get(`missing-${entry}`),
    "remember, computed": (run: string, entry: number) =>
      memos.memo(run, 0).remember(`${entry}`, () => entry),
    // The run of the round before has them.
    "remember, kept": (run: string, entry: number) =>
      memos.memo(run, 0).remember(`${entry}`, () => Promise.reject(new Error("was not kept"))),
  };
  for (const [call, make] of Object.entries(calls)) {
    const alone: number[] = [];
    const rates: number[] = [];
    for (let round = 0; round < rounds; round++) {
      if (call !== "remember, kept") runs++;
      const run = `run-${runs}`;
      for (let entry = 0; entry < ENTRIES; entry++) {
        alone.push(await millisecondsOf(() => make(`${run}-alone`, entry)));
      }
      const together = await millisecondsOf(() =>
        inParallel(ENTRIES, 64, (entry) => make(run, entry)),
      );
      rates.push(ENTRIES / (together / 1_000));
    }
    bench.figure(`${name}: ${call}, alone`, median(alone) * 1_000, "µs");
    bench.figure(`${name}: ${call}, 64 at once`, median(rates), "calls/s");
  }
}
