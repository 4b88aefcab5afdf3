import { MockClock } from "@wf/testing";
import { describe, expect, it } from "vitest";
import { describeError, type WfErrorCode } from "../errors.ts";
import { RequestPolicy, retryAfterMs, type StoreCall } from "./request-policy.ts";

const UNAVAILABLE = "WF_STORE_UNAVAILABLE";
const UNKNOWN = "WF_STORE_OUTCOME_UNKNOWN";
const EXISTS = "WF_STORE_ALREADY_EXISTS";
const DENIED = "WF_STORE_DENIED";

class Failed extends Error {
  readonly code: WfErrorCode;
  readonly retryAfterMs: number | undefined;
  constructor(code: WfErrorCode, retryAfterMs?: number) {
    super(`as scripted: ${code}`);
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

function call(options: Partial<StoreCall> = {}): StoreCall {
  return {
    what: "put a/b",
    key: "a/b",
    writes: true,
    failure: (error) => ({ ...(error as Failed), advice: "it failed" }),
    ...options,
  };
}

/** A request that ends each try in turn as scripted. */
function scripted(...tries: readonly (Failed | "hangs" | "done")[]) {
  const startedAt: number[] = [];
  return {
    startedAt,
    request: (clock: MockClock) => async (): Promise<string> => {
      const next = tries[startedAt.length];
      startedAt.push(clock.now());
      if (next === undefined) throw new Error("more tries than scripted");
      if (next === "hangs") return new Promise(() => {});
      if (next instanceof Failed) throw next;
      return next;
    },
  };
}

function policy(clock: MockClock, options = {}): RequestPolicy {
  return new RequestPolicy({
    clock,
    random: () => 1,
    maxAttempts: 3,
    requestTimeout: "10s",
    ...options,
  });
}

describe("RequestPolicy", () => {
  const rows: readonly {
    title: string;
    tries: readonly (Failed | "hangs" | "done")[];
    code: WfErrorCode | "done";
    writes?: boolean;
  }[] = [
    { title: "answers what the request answers", tries: ["done"], code: "done" },
    {
      title: "tries passing failures again",
      tries: [new Failed(UNAVAILABLE), new Failed(UNKNOWN), "done"],
      code: "done",
    },
    { title: "does not repeat a final failure", tries: [new Failed(DENIED)], code: DENIED },
    {
      title: "gives up after maxAttempts",
      tries: [new Failed(UNAVAILABLE), new Failed(UNAVAILABLE), new Failed(UNAVAILABLE)],
      code: UNAVAILABLE,
    },
    {
      title: "does not forget that an earlier try may have been applied",
      tries: [new Failed(UNKNOWN), new Failed(UNAVAILABLE), new Failed(UNAVAILABLE)],
      code: UNKNOWN,
    },
    {
      title: "does not call a write denied that an earlier try may have made",
      tries: [new Failed(UNKNOWN), new Failed(DENIED)],
      code: UNKNOWN,
    },
    {
      title: "takes 'already exists' as certain, whatever came before",
      tries: [new Failed(UNKNOWN), new Failed(EXISTS)],
      code: EXISTS,
    },
    {
      title: "cuts a write at its deadline, with an unknown outcome",
      tries: ["hangs", "hangs", "hangs"],
      code: UNKNOWN,
    },
    {
      title: "cuts a read at its deadline, which changed nothing",
      tries: ["hangs", "hangs", "hangs"],
      code: UNAVAILABLE,
      writes: false,
    },
  ];
  for (const { title, tries, code, writes = true } of rows) {
    it(title, async () => {
      const clock = new MockClock();
      const script = scripted(...tries);
      const running = policy(clock)
        .run(call({ writes }), script.request(clock))
        .catch((error) => error);
      await clock.advance("1h");
      const result = await running;
      expect(code === "done" ? result : result.code).toBe(code);
      expect(script.startedAt).toHaveLength(tries.length);
    });
  }

  it("doubles the waits, and waits no less than the server asks, up to a minute", async () => {
    const clock = new MockClock(0);
    const script = scripted(
      new Failed(UNAVAILABLE),
      new Failed(UNAVAILABLE),
      new Failed(UNAVAILABLE, 5_000),
      new Failed(UNAVAILABLE, 3_600_000),
      "done",
    );
    const running = policy(clock, { maxAttempts: 5 }).run(call(), script.request(clock));
    await clock.advance("1h");
    await running;
    expect(script.startedAt).toEqual([0, 100, 300, 5_300, 65_300]);
  });

  it("names the call, the key, the advice and the cause", async () => {
    const clock = new MockClock();
    const script = scripted(new Failed(DENIED));
    await expect(policy(clock).run(call(), script.request(clock))).rejects.toMatchObject({
      message: `put a/b: it failed: as scripted: ${DENIED}`,
      key: "a/b",
      cause: expect.any(Failed),
    });
  });

  it("rejects with the caller's reason at once, in a try and between two", async () => {
    for (const first of ["hangs", new Failed(UNAVAILABLE)] as const) {
      const clock = new MockClock();
      const controller = new AbortController();
      const script = scripted(first, "done");
      const running = policy(clock).run(call({ signal: controller.signal }), script.request(clock));
      const reason = new Error("no longer wanted");
      await clock.advance(0);
      controller.abort(reason);
      await expect(running).rejects.toBe(reason);
      expect(script.startedAt).toHaveLength(1);
      expect(clock.pendingSleepers).toBe(0);
    }
  });

  it("sends nothing for a caller that has left already", async () => {
    const clock = new MockClock();
    const script = scripted("done");
    const signal = AbortSignal.abort(new Error("gone"));
    await expect(policy(clock).run(call({ signal }), script.request(clock))).rejects.toThrow(
      "gone",
    );
    expect(script.startedAt).toHaveLength(0);
  });

  it("ends the signal of a try at its deadline and leaves no timer behind", async () => {
    const clock = new MockClock();
    const reasons: unknown[] = [];
    const running = policy(clock, { maxAttempts: 1 })
      .run(call(), async (signal) => {
        signal.addEventListener("abort", () => reasons.push(signal.reason));
        return new Promise(() => {});
      })
      .catch(describeError);
    await clock.advance("10s");
    expect(await running).toContain("did not answer within requestTimeout (10000 ms)");
    expect(reasons).toHaveLength(1);
    expect(clock.pendingSleepers).toBe(0);
  });

  for (const [options, message] of [
    [{ requestTimeout: 0 }, "requestTimeout is 0"],
    [{ maxAttempts: 0 }, "maxAttempts is 0"],
    [{ maxAttempts: 1.5 }, "maxAttempts is 1.5"],
    [{ maxAttempts: null }, "maxAttempts is null"],
    [{ retryBackoff: { base: -1 } }, "retryBackoff.base is -1"],
    [{ retryBackoff: { jitter: "half" } }, 'retryBackoff.jitter is "half"'],
    [{ retryBackoff: { factor: 2 } }, 'retryBackoff has "factor", which is no option'],
    [{ retryBackoff: 7 }, "retryBackoff is 7"],
    [{ clock: {} }, 'clock is [object Object] and has no method "now"'],
    [{ random: 7 }, "random is 7"],
    [null, "options is null"],
  ] as const) {
    it(`refuses an option out of bounds: ${message}`, () => {
      expect(() => new RequestPolicy(options as never)).toThrow(message);
    });
  }
});

describe("retryAfterMs", () => {
  const now = 1_767_225_600_000; // 2026-01-01T00:00:00Z
  for (const [header, expected] of [
    [undefined, undefined],
    [null, undefined],
    ["", undefined],
    ["soon", undefined],
    ["-1", undefined],
    ["0", 0],
    ["7", 7_000],
    ["1.5", 1_500],
    ["99999999999", 60_000],
    ["Thu, 01 Jan 2026 00:00:09 GMT", 9_000],
    ["Wed, 31 Dec 2025 00:00:00 GMT", 0],
  ] as const) {
    it(`reads ${JSON.stringify(header)} as ${expected} ms`, () => {
      expect(retryAfterMs(header, now)).toBe(expected);
    });
  }
});
