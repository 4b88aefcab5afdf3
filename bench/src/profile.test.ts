import { expect, it } from "vitest";
import { selfTimes } from "./profile.ts";

it("self times are shares of the time that was not idle, by function, the most first", () => {
  const frame = (functionName: string, url = "") => ({ functionName, url, lineNumber: 6 });
  const profile = {
    nodes: [
      { id: 1, callFrame: frame("(idle)") },
      { id: 2, callFrame: frame("append", "file:///repo/log-writer.ts") },
      { id: 3, callFrame: frame("", "file:///repo/plan.ts") },
      { id: 4, callFrame: frame("append", "file:///repo/log-writer.ts") },
    ],
    samples: [1, 2, 3, 4],
    timeDeltas: [1_000, 20, 50, 30],
  };
  expect(selfTimes(profile)).toEqual([
    { name: "append log-writer.ts:7", percent: 50 },
    { name: "(anonymous) plan.ts:7", percent: 50 },
  ]);
});
