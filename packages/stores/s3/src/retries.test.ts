import { createObject } from "@wf/core";
import type { Answer } from "@wf/test-support/scripted-server";
import { CALL_NAMES, CALLS, type CallName, READS } from "@wf/test-support/store-calls";
import { MockClock } from "@wf/testing";
import { describe, expect, it } from "vitest";
import { DELETED, failed, object, page, STORED } from "../test-support/s3-answers.ts";
import { scriptedStore } from "../test-support/test-store.ts";

const MINE = Buffer.from("the caller's own");
const THEIRS = Buffer.from("another writer's");
const EXISTS = failed(412, "PreconditionFailed");

describe("a create whose answer is not to be had", () => {
  const lost: readonly (readonly [string, Answer])[] = [
    ["the connection breaks before an answer", "drop"],
    ["the server fails after it applied the request", failed(500, "InternalError")],
    ["the server is throttling", failed(503, "SlowDown")],
    ["another answers with a page", { status: 200, body: "<html/>" }],
  ];

  it.each(lost)("is created, where %s and its own body is there", async (_, answer) => {
    const { server, store } = await scriptedStore();
    server.script(answer, EXISTS, object(MINE));
    expect(await createObject(store, "slot", MINE)).toEqual({ created: true });
    const [first, second] = server.requests;
    expect(second).toMatchObject({ method: "PUT", path: first?.path, body: first?.body });
    expect(server.requests.map(({ method }) => method)).toEqual(["PUT", "PUT", "GET"]);
  });

  it.each(lost)("is lost, where %s and another body is there", async (_, answer) => {
    const { server, store } = await scriptedStore();
    server.script(answer, EXISTS, object(THEIRS));
    const result = await createObject(store, "slot", MINE);
    expect(result).toEqual({ created: false, existing: new Uint8Array(THEIRS) });
  });

  it.each(lost)("is created by the next try, where %s and nothing is there", async (_, answer) => {
    const { server, store } = await scriptedStore();
    server.script(answer, STORED);
    expect(await createObject(store, "slot", MINE)).toEqual({ created: true });
  });

  it("has an unknown outcome to the end, whatever the last try says", async () => {
    const { server, store } = await scriptedStore();
    server.script("drop", failed(403, "AccessDenied"));
    await expect(store.put("slot", MINE, { ifAbsent: true })).rejects.toMatchObject({
      code: "WF_STORE_OUTCOME_UNKNOWN",
      retry: "ambiguous",
      key: "slot",
      message: expect.stringMatching(/s3:PutObject.*earlier try may have been applied/),
    });
  });
});

describe("a conflict that passes", () => {
  it.each([
    ["ConditionalRequestConflict", "of a delete on the way"],
    ["OperationAborted", "of a store that is not Amazon's"],
  ])("(%s, %s) is tried again", async (code) => {
    const { server, store, clock } = await scriptedStore();
    server.script(failed(409, code), failed(409, code), STORED);
    await store.put("slot", MINE, { ifAbsent: true });
    expect(server.requests).toHaveLength(3);
    expect(clock.waits).toEqual([100, 200]);
  });

  it("is no sign of another object when it does not pass", async () => {
    const { server, store } = await scriptedStore({ maxAttempts: 2 });
    server.otherwise = failed(409, "ConditionalRequestConflict");
    await expect(store.put("slot", MINE, { ifAbsent: true })).rejects.toMatchObject({
      code: "WF_STORE_UNAVAILABLE",
      retry: "safe",
    });
  });
});

it("a clock that is wrong is put right by the next try", async () => {
  const { server, store } = await scriptedStore();
  const date = "Thu, 01 Jan 2032 00:00:00 GMT";
  server.script(failed(403, "RequestTimeTooSkewed", { date }), STORED);
  await store.put("key", MINE);
  expect(server.requests[1]?.headers["x-amz-date"]).toMatch(/^20320101T00/);
});

describe("a wait before a further try", () => {
  it.each([
    ["3", 3_000],
    ["Thu, 01 Jan 2026 00:00:05 GMT", 5_000],
    ["soon", 100],
    ["0", 100],
  ])("is as long as Retry-After: %s asks", async (header, waitMs) => {
    const { server, store, clock } = await scriptedStore();
    server.script(failed(503, "SlowDown", { "retry-after": header }), object(MINE));
    expect(await store.get("key")).toEqual(new Uint8Array(MINE));
    expect(clock.waits).toEqual([waitMs]);
  });

  it("ends with maxAttempts", async () => {
    const { server, store, clock } = await scriptedStore({ maxAttempts: 3 });
    server.otherwise = failed(503, "SlowDown");
    await expect(store.get("key")).rejects.toMatchObject({
      code: "WF_STORE_UNAVAILABLE",
      message: expect.stringMatching(/after 3 tries/),
    });
    expect(clock.waits).toEqual([100, 200]);
  });
});

/** An answer to a get or a list that comes to a halt in the midst of its body. */
const HALTING: Answer = {
  ...page({ keys: ["key"] }),
  headers: { etag: '"one"' },
  bodyEnds: { after: 40, by: "halt" },
};

const STUCK: readonly (readonly [CallName, string, Answer])[] = [
  ...CALL_NAMES.map((call) => [call, "no answer comes", "hang"] as const),
  ["get", "the body comes to a halt", HALTING],
  ["list", "the body comes to a halt", HALTING],
];

describe("the deadline of a try", () => {
  it.each(STUCK)("ends a %s when %s", async (call, _, answer) => {
    const clock = new MockClock();
    const { server, store } = await scriptedStore({ clock, maxAttempts: 1, requestTimeout: "5s" });
    server.script(answer);
    const ended = expect(CALLS[call](store)).rejects.toMatchObject({
      code: READS.includes(call) ? "WF_STORE_UNAVAILABLE" : "WF_STORE_OUTCOME_UNKNOWN",
      message: expect.stringMatching(/did not answer within requestTimeout \(5000 ms\)/),
    });
    await server.received(1);
    await clock.advance("5s");
    await ended;
    await server.disconnected(0);
  });

  it("leaves time for a further try, which may succeed", async () => {
    const clock = new MockClock();
    const { server, store } = await scriptedStore({ clock, requestTimeout: "5s" });
    server.script("hang", STORED);
    const put = store.put("key", MINE);
    await server.received(1);
    await clock.advance("6s");
    await put;
    expect(server.requests).toHaveLength(2);
  });
});

describe("an abort", () => {
  it.each(STUCK)("ends a %s at once when %s, and its connection", async (call, _, answer) => {
    const { server, store } = await scriptedStore();
    server.script(answer);
    const controller = new AbortController();
    const reason = new Error("the caller has gone");
    const ended = expect(CALLS[call](store, controller.signal)).rejects.toBe(reason);
    await server.received(1);
    controller.abort(reason);
    await ended;
    await server.disconnected(0);
    expect(server.requests).toHaveLength(1);
  });

  it("leaves the store usable", async () => {
    const { server, store } = await scriptedStore();
    server.script("hang", DELETED);
    const controller = new AbortController();
    const removal = store.delete("key", { signal: controller.signal });
    await server.received(1);
    controller.abort();
    await expect(removal).rejects.toBe(controller.signal.reason);
    await store.delete("key");
  });
});
