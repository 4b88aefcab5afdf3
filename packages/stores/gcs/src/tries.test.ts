import { setImmediate as turn } from "node:timers/promises";
import { createObject } from "@wf/core";
import type { Answer } from "@wf/test-support/scripted-server";
import { BODY, CALLS, type CallName, READS, WRITES } from "@wf/test-support/store-calls";
import { MockClock } from "@wf/testing";
import { describe, expect, it } from "vitest";
import { refusal, STORED, stored } from "../test-support/gcs-answers.ts";
import { scriptedStore } from "../test-support/scripted-store.ts";

/** A delete of many is nothing else than some deletes. */
const CALL_NAMES: readonly CallName[] = ["put", "create", "delete", ...READS];

const EXISTS = refusal(412, "conditionNotMet");
const OTHER = new TextEncoder().encode("another body");

describe("a create whose answer was lost", () => {
  const lost: readonly Answer[] = [
    "drop",
    { ...STORED, bodyEnds: { after: 2, by: "cut" } },
    refusal(503, "backendError"),
  ];

  it.each(lost)("is settled as created where the object is the same (%j)", async (answer) => {
    const { store } = await scriptedStore([answer, EXISTS, stored(BODY)]);
    expect(await createObject(store, "a/b", BODY)).toEqual({ created: true });
  });

  it.each(lost)("is settled as lost where another one won (%j)", async (answer) => {
    const { store } = await scriptedStore([answer, EXISTS, stored(OTHER)]);
    expect(await createObject(store, "a/b", BODY)).toEqual({ created: false, existing: OTHER });
  });

  it("is unknown where no try has an answer, or where a later one is refused", async () => {
    for (const second of ["drop", refusal(403, "forbidden")] as const) {
      const { store } = await scriptedStore(["drop", second], { maxAttempts: 2 });
      await expect(CALLS.create(store)).rejects.toMatchObject({
        code: "WF_STORE_OUTCOME_UNKNOWN",
        retry: "ambiguous",
      });
    }
  });
});

it("each try of a put sends the same", async () => {
  const { store, server } = await scriptedStore(["drop", refusal(429, "x"), STORED]);
  await CALLS.create(store);
  const sent = server.requests.map(({ url, headers, body }) => [
    url.href,
    headers["content-type"],
    body.toString(),
  ]);
  expect(sent).toHaveLength(3);
  expect(new Set(sent.map(String)).size).toBe(1);
});

describe("on virtual time", () => {
  it.each(CALL_NAMES)("a %s without an answer ends at its deadline", async (call) => {
    const clock = new MockClock();
    const { store, server } = await scriptedStore(["hang", "hang"], {
      clock,
      maxAttempts: 2,
      requestTimeout: "5s",
    });
    const failed = CALLS[call](store).catch((error) => error);
    for (const count of [1, 2]) {
      await server.received(count);
      await clock.advance("5s");
    }
    expect(await failed).toMatchObject({
      code: WRITES.includes(call) ? "WF_STORE_OUTCOME_UNKNOWN" : "WF_STORE_UNAVAILABLE",
      message: expect.stringContaining(
        "did not answer within requestTimeout (5000 ms) after 2 tries",
      ),
    });
    expect(clock.pendingSleepers).toBe(0);
  });

  it("an answer that stays away in the middle of its body ends at the deadline too", async () => {
    const clock = new MockClock();
    const { store, server } = await scriptedStore(
      [{ ...stored(BODY), bodyEnds: { after: 3, by: "halt" } }],
      {
        clock,
        maxAttempts: 1,
      },
    );
    const failed = CALLS.get(store).catch((error) => error);
    await server.received(1);
    await clock.advance("30s");
    expect(await failed).toMatchObject({ code: "WF_STORE_UNAVAILABLE" });
  });

  it.each([
    ["7", 7_000],
    ["Thu, 01 Jan 2026 00:00:09 GMT", 9_000],
  ])("throttling with Retry-After %s waits as long", async (retryAfter, waitMs) => {
    const clock = new MockClock();
    const startedAt = clock.now();
    const throttled = {
      ...refusal(429, "rateLimitExceeded"),
      headers: { "retry-after": retryAfter },
    };
    const { store, server } = await scriptedStore([throttled, STORED], { clock });
    const put = CALLS.create(store);
    while (clock.nextDueAt !== startedAt + waitMs) await turn();
    await clock.advance(waitMs - 1);
    expect(server.requests).toHaveLength(1);
    await clock.advance(1);
    await put;
  });
});

it.each(CALL_NAMES)(
  "a %s that is aborted rejects with the reason at once and closes its connection",
  async (call) => {
    const { store, server } = await scriptedStore(["hang"]);
    const controller = new AbortController();
    const aborted = CALLS[call](store, controller.signal);
    await server.received(1);
    const reason = new Error("no longer wanted");
    controller.abort(reason);
    await expect(aborted).rejects.toBe(reason);
    await server.disconnected(0);
  },
);

it("requests use one connection after the other's end", async () => {
  const { store, server } = await scriptedStore([STORED, STORED, stored(BODY)]);
  await CALLS.create(store);
  await CALLS.put(store);
  await CALLS.get(store);
  expect(server.requests.map(({ connection }) => connection)).toEqual([0, 0, 0]);
});
