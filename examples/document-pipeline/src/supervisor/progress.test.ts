import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { showProgress } from "./progress.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe("showProgress", () => {
  it("prints a line now and then where there is no terminal, and none when nothing has changed", () => {
    const stream = new PassThrough({ encoding: "utf8" });
    const progress = showProgress("killed", 20, stream as unknown as NodeJS.WriteStream);
    progress.update({ documents: 1, paid: 10, recalled: 0, restarts: 0 });
    progress.update({ documents: 2, paid: 15, recalled: 3, restarts: 1 });
    expect(stream.read()).toBeNull();
    vi.advanceTimersByTime(2_000);
    expect(stream.read()).toBe(
      "killed: 2/20 documents, 15 calls paid, 3 from the memo, 1 restarts\n",
    );
    vi.advanceTimersByTime(2_000);
    expect(stream.read()).toBeNull();
    progress.note("kill 1");
    expect(stream.read()).toBe("kill 1\n");
    progress.update({ documents: 20, paid: 90, recalled: 3, restarts: 1 });
    progress.stop();
    expect(stream.read()).toBe(
      "killed: 20/20 documents, 90 calls paid, 3 from the memo, 1 restarts\n",
    );
    vi.advanceTimersByTime(10_000);
    expect(stream.read()).toBeNull();
  });
});
