import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { systemClock } from "./clock.ts";

describe("systemClock.sleep", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("resolves after the duration and not before", async () => {
    let awake = false;
    void systemClock.sleep("10s").then(() => {
      awake = true;
    });
    await vi.advanceTimersByTimeAsync(9_999);
    expect(awake).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(awake).toBe(true);
  });

  it("sleeps longer than one timer can", async () => {
    let awake = false;
    void systemClock.sleep("100d").then(() => {
      awake = true;
    });
    // The control: a timer of that length would fire at once.
    await vi.advanceTimersByTimeAsync(100 * 86_400_000 - 1);
    expect(awake).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(awake).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("rejects with the signal's reason as soon as it is aborted, and leaves no timer", async () => {
    const stop = new AbortController();
    const sleeping = systemClock.sleep("100d", stop.signal);
    const reason = new Error("shutting down");
    stop.abort(reason);
    await expect(sleeping).rejects.toBe(reason);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("rejects at once under a signal that is aborted already", async () => {
    const reason = new Error("too late");
    await expect(systemClock.sleep("1h", AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("refuses what is no duration", async () => {
    await expect(systemClock.sleep(-1)).rejects.toMatchObject({ code: "WF_INVALID_DURATION" });
  });
});
