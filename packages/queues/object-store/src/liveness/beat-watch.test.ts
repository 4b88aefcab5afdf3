import { describe, expect, it } from "vitest";
import { BeatWatch } from "./beat-watch.ts";

const SECOND = 1_000;
const beat = (count: number, at = 0) => ({ epoch: 1, count, at, intervalMs: 10 * SECOND });

describe("BeatWatch", () => {
  it("knows by the counter alone that an owner is alive, however wrong its clock is", () => {
    for (const skewMs of [-86_400_000, 0, 86_400_000]) {
      const watch = new BeatWatch();
      watch.judge(beat(1, skewMs), 0);
      for (let count = 2; count < 10; count++) {
        const now = count * 10 * SECOND;
        expect(watch.judge(beat(count, now + skewMs), now)).toEqual({
          state: "alive",
          evidence: "counter",
        });
      }
    }
  });

  it("knows by the counter alone that an owner is silent, however wrong its clock is", () => {
    for (const skewMs of [-86_400_000, 0, 86_400_000]) {
      const watch = new BeatWatch();
      watch.judge(beat(5, skewMs), 0);
      const silent = { state: "silent", evidence: "counter" };
      expect(watch.judge(beat(5, skewMs), 30 * SECOND)).not.toEqual(silent);
      expect(watch.judge(beat(5, skewMs), 30 * SECOND + 1)).toEqual(silent);
      expect(watch.judge(beat(6, skewMs), 40 * SECOND)).toEqual({
        state: "alive",
        evidence: "counter",
      });
    }
  });

  it("compares the clocks at its first look, and where its looks are too far apart", () => {
    const watch = new BeatWatch();
    expect(watch.judge(beat(1, 0), 30 * SECOND)).toEqual({ state: "alive", evidence: "clock" });
    expect(new BeatWatch().judge(beat(1, 0), 31 * SECOND)).toEqual({
      state: "silent",
      evidence: "clock",
    });
    // Two beats in an hour: the last may be long past.
    const hour = 3_600 * SECOND;
    expect(watch.judge(beat(3, 20 * SECOND), hour)).toEqual({ state: "silent", evidence: "clock" });
    expect(watch.judge(beat(300, 2 * hour), 2 * hour)).toEqual({
      state: "alive",
      evidence: "clock",
    });
  });

  it("begins anew with another owner", () => {
    const watch = new BeatWatch();
    watch.judge(beat(5), 0);
    expect(watch.judge({ ...beat(1, 5 * SECOND), epoch: 2 }, 5 * SECOND).evidence).toBe("clock");
    expect(watch.judge({ ...beat(2), epoch: 2 }, 15 * SECOND).evidence).toBe("counter");
  });
});
