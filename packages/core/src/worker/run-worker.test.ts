import { describe, expect, it } from "vitest";
import { JOB, open } from "../../test/worker-world.ts";
import { WfError } from "../errors.ts";
import { JobError } from "./job-error.ts";
import { runWorker, type Worker } from "./run-worker.ts";

describe("runWorker", () => {
  it("acknowledges what its handler did, with the effects that it returns", async () => {
    const { queue, start, stats, clock } = await open();
    await start(async ({ job }) => {
      if (job.payload.length === 0) return;
      return { put: { seen: job.payload }, enqueue: [{ queue: "next", payload: JOB }] };
    });
    await queue.enqueueMany([
      { queue: "jobs", payload: JOB },
      { queue: "jobs", payload: new Uint8Array() },
    ]);
    await clock.advance(0);
    expect(await stats()).toMatchObject({ done: 2, pending: 0, claimed: 0 });
    expect(await queue.kv.get("seen")).toEqual(JOB);
    expect((await queue.inspect.stats("next")).pending).toBe(1);
  });

  it("takes an object with a process method, and a handler that is not async", async () => {
    const { queue, start, stats, clock } = await open();
    const worker = {
      handled: 0,
      process() {
        this.handled++;
      },
    };
    await start(worker);
    await queue.enqueue("jobs", JOB);
    await clock.advance(0);
    expect(worker.handled).toBe(1);
    expect((await stats()).done).toBe(1);
  });

  it("tries a failed job again until its attempts are used up, then it is dead", async () => {
    const { queue, start, dead, clock } = await open({ maxAttempts: 3 });
    const attempts: number[] = [];
    await start(({ job }) => {
      attempts.push(job.attempts);
      throw new Error(`failure ${job.attempts}`);
    });
    await queue.enqueue("jobs", JOB, { onDead: { put: { died: JOB } } });
    await clock.advance("1h");
    expect(attempts).toEqual([1, 2, 3]);
    expect(await dead()).toMatchObject([{ lastError: "failure 3", attempts: 3 }]);
    expect(await queue.kv.get("died")).toEqual(JOB);
  });

  it("waits as long as the error asks for", async () => {
    const { queue, start, stats, clock } = await open();
    await start(({ job }) => {
      if (job.attempts === 1) throw JobError.transient("busy", { retryAfter: "5m" });
      if (job.attempts === 2) throw Object.assign(new Error("busy"), { retryAfterMs: 1_000 });
    });
    await queue.enqueue("jobs", JOB);
    await clock.advance(300_000 - 1);
    expect(await stats()).toMatchObject({ scheduled: 1 });
    await clock.advance(1_001);
    expect(await stats()).toMatchObject({ scheduled: 0, done: 1 });
  });

  it("ignores a retryAfterMs that is no duration", async () => {
    for (const retryAfterMs of [-1, Number.NaN, "soon", Number.POSITIVE_INFINITY]) {
      const { queue, start, stats, clock } = await open();
      await start(({ job }) => {
        if (job.attempts === 1) throw { retryAfterMs };
      });
      await queue.enqueue("jobs", JOB);
      await clock.advance("1m");
      expect(await stats()).toMatchObject({ done: 1 });
    }
  });

  it("kills a job at once for a permanent error, with the error's own effects", async () => {
    const { queue, start, dead, clock } = await open();
    const failures = [
      JobError.permanent("no such user", { onDead: { put: { "by-error": JOB } } }),
      new WfError("WF_INVALID_ARGUMENT", "bad"),
    ];
    await start(() => {
      throw failures.shift();
    });
    for (const key of ["by-job-1", "by-job-2"]) {
      await queue.enqueue("jobs", JOB, { onDead: { put: { [key]: JOB } } });
    }
    await clock.advance(0);
    expect((await dead()).map((job) => job.lastError)).toEqual(["no such user", "bad"]);
    expect(await queue.kv.get("by-error")).toEqual(JOB);
    expect(await queue.kv.get("by-job-1")).toBeUndefined();
    expect(await queue.kv.get("by-job-2")).toEqual(JOB);
  });

  it("applies the effects of a transient error only if the job dies by it", async () => {
    const { queue, start, clock } = await open({ maxAttempts: 2 });
    await start(({ job }) => {
      const onDead = { put: { [`died-${job.attempts}`]: JOB } };
      throw JobError.transient("again", { onDead });
    });
    await queue.enqueue("jobs", JOB);
    await clock.advance("1h");
    expect(await queue.kv.get("died-1")).toBeUndefined();
    expect(await queue.kv.get("died-2")).toEqual(JOB);
  });

  it("settles a job at once, whatever is thrown", async () => {
    const { queue, start, dead, clock } = await open({ maxAttempts: 1 });
    const thrown: unknown[] = ["text", undefined, null, 7, Symbol("s"), Object.create(null)];
    await start(() => {
      throw thrown.shift();
    });
    for (const _ of [...thrown]) await queue.enqueue("jobs", JOB);
    await clock.advance(0);
    expect((await dead()).map((job) => job.lastError)).toEqual(
      ["text", "undefined", "null", "7", "Symbol(s)", "an object without a text"].map(
        (text) => `a value that is no Error was thrown: ${text}`,
      ),
    );
  });

  it("kills a job whose effects are refused, and tries again after a conflict", async () => {
    const { queue, start, dead, stats, clock } = await open();
    await start(({ job }) => {
      if (job.payload.length === 0) return { put: { "": JOB } };
      return { expect: { lock: undefined } };
    });
    await queue.kv.put("lock", JOB);
    await queue.enqueue("jobs", new Uint8Array());
    await queue.enqueue("jobs", JOB);
    await clock.advance(0);
    expect(await dead()).toMatchObject([{ lastError: expect.stringMatching(/KV key ""/) }]);
    await queue.kv.delete("lock");
    await clock.advance("1m");
    expect(await stats()).toMatchObject({ done: 1, dead: 1 });
  });

  it("does not try a cancelled job again when its handler throws, and lets it be done when not", async () => {
    const { queue, start, dead, stats, clock } = await open();
    await start(async ({ job, abortSignal }) => {
      await clock.sleep("1h", abortSignal).catch(() => {});
      if (job.payload.length > 0) throw new Error("stopped");
    });
    const failing = await queue.enqueue("jobs", JOB);
    const returning = await queue.enqueue("jobs", new Uint8Array());
    await clock.advance(0);
    expect(await queue.cancel(failing.id)).toBe("requested");
    expect(await queue.cancel(returning.id)).toBe("requested");
    await clock.advance(0);
    expect(await dead()).toMatchObject([{ id: failing.id, lastError: "stopped" }]);
    expect(await stats()).toMatchObject({ done: 1, scheduled: 0 });
  });

  it("refuses bad arguments before it claims anything", async () => {
    const { queue, stop, stats } = await open();
    await queue.enqueue("jobs", JOB);
    const { signal } = stop;
    const worker = () => {};
    const refused: [unknown, string, object, RegExp][] = [
      [undefined, "jobs", {}, /worker is undefined/],
      [{}, "jobs", {}, /function "process"/],
      [worker, "x".repeat(256), {}, /queue name/],
      [worker, "jobs", { concurrency: 0 }, /concurrency is 0: .* 1 to 10000/],
      [worker, "jobs", { concurrency: 10_001 }, /concurrency is 10001/],
      [worker, "jobs", { lease: 0 }, /lease is 0/],
      [worker, "jobs", { maxRunTime: "0s" }, /maxRunTime is "0s"/],
      [worker, "jobs", { pollInterval: -1 }, /pollInterval is -1/],
      [worker, "jobs", { pollInterval: null }, /pollInterval is null/],
      [worker, "jobs", { concurrency: null }, /concurrency is null/],
      [worker, "jobs", { logger: {} }, /logger .*"debug"/],
      [worker, "jobs", { signal: undefined }, /signal is undefined/],
      [worker, "jobs", { signal: {} }, /signal is \[object Object\]: give an AbortSignal/],
      [worker, "jobs", { concurency: 2 }, /options has "concurency".*concurrency/],
    ];
    for (const [bad, name, options, message] of refused) {
      const running = runWorker(queue, name, bad as Worker, { signal, ...options });
      await expect(running).rejects.toThrowError(message);
    }
    const bare: [unknown, unknown, RegExp][] = [
      [queue, undefined, /options is undefined/],
      [queue, null, /options is null/],
      [{}, { signal }, /queue .*"claim"/],
    ];
    for (const [bad, options, message] of bare) {
      const running = runWorker(
        bad as typeof queue,
        "jobs",
        worker,
        options as { signal: AbortSignal },
      );
      await expect(running).rejects.toThrowError(
        expect.objectContaining({
          code: "WF_INVALID_ARGUMENT",
          message: expect.stringMatching(message),
        }),
      );
    }
    expect(await stats()).toMatchObject({ pending: 1 });
  });

  it("kills a job whose error brings bad effects, instead of leaving it to its lease", async () => {
    const { queue, start, clock, dead } = await open();
    const { id } = await queue.enqueue("jobs", JOB);
    await start(() => {
      throw JobError.transient("failed", { onDead: { put: { key: "text" as never } } });
    });
    await clock.advance(0);
    const lastError = expect.stringMatching(/KV key "key" is string/);
    expect(await dead()).toMatchObject([{ id, lastError }]);
  });
});
