import { StoreError, WfError } from "@wf/core";
import { MockClock } from "@wf/testing";
import { describe, expect, it } from "vitest";
import { bytes, eventually, TestSchema } from "../../test-support/fixtures.ts";
import { sharedServer } from "../../test-support/shared-server.ts";
import { QueueClock } from "../time/queue-clock.ts";
import { ClaimDesk } from "./claim-desk.ts";
import type { ClaimRequest } from "./claim-work.ts";
import type { JobClaim } from "./job-claim.ts";

const server = await sharedServer();

/** A claim, as far as a desk looks at it. */
function claimOf(id: string): JobClaim {
  return { job: { id, priority: 1 } } as JobClaim;
}

/** A desk over a database that answers when the test says so. */
function makeDesk() {
  const clock = new MockClock();
  let setBackMs = 0;
  const deskClock = new QueueClock({
    now: () => clock.now() - setBackMs,
    sleep: (duration, signal) => clock.sleep(duration, signal),
  });
  const deadlines: number[] = [];
  const requests: ClaimRequest[] = [];
  const answers: { give(ids: string[]): void; fail(error: unknown): void }[] = [];
  const unwanted: string[] = [];
  const more: string[] = [];
  const desk = new ClaimDesk({
    clock: deskClock,
    claim(request) {
      requests.push(request);
      return new Promise((resolve, reject) => {
        answers.push({ give: (ids) => resolve(ids.map(claimOf)), fail: reject });
      });
    },
    onClaimed: () => {},
    onUnwanted: (claims) => unwanted.push(...claims.map(({ job }) => job.id)),
    onMore: (_, { id }) => more.push(id),
    onDeadline: (at) => deadlines.push(at),
  });
  const claim = (max: number, wait = 0, signal?: AbortSignal, leaseMs = 1) =>
    desk
      .claim("jobs", max, leaseMs, wait, signal)
      .then((claims) => claims.map(({ job }) => job.id));
  const next = async () => {
    await clock.advance(0);
    return answers.shift()!;
  };
  const setBack = (ms: number) => {
    setBackMs += ms;
  };
  return { clock, deskClock, setBack, deadlines, desk, requests, unwanted, more, claim, next };
}

describe("Those who claim from one queue", () => {
  it("share a statement, and get what it brings in the order in which they came", async () => {
    const { claim, next, requests } = makeDesk();
    const claims = [claim(2), claim(1), claim(3)];
    (await next()).give(["a", "b", "c", "d"]);
    expect(await Promise.all(claims)).toEqual([["a", "b"], ["c"], ["d"]]);
    expect(requests.map(({ max }) => max)).toEqual([6]);
  });

  it("are asked for apart where their leases differ, and together answered that there is nothing", async () => {
    const { claim, next, requests } = makeDesk();
    const claims = [claim(1, 0, undefined, 5), claim(1, 0, undefined, 7)];
    (await next()).give(["a"]);
    (await next()).give([]);
    expect(await Promise.all(claims)).toEqual([["a"], []]);
    expect(requests.map(({ leaseMs }) => leaseMs)).toEqual([5, 7]);
  });

  it("are looked for again where something came while the statement was under way", async () => {
    const { claim, desk, next } = makeDesk();
    const waiting = claim(1, 60_000);
    const first = await next();
    desk.ready("jobs", undefined);
    first.give([]);
    (await next()).give(["late"]);
    expect(await waiting).toEqual(["late"]);
  });

  it("wait no longer where the clock is set back meanwhile", async () => {
    const { claim, desk, next, clock, deskClock, setBack, deadlines } = makeDesk();
    const [hasty, patient] = [claim(1), claim(1, 60_000)];
    const answer = await next();
    setBack(3_600_000);
    answer.give([]);
    await clock.advance(0);
    // Of the patient one only.
    expect(deadlines).toEqual([deskClock.now() + 60_000]);
    expect(await hasty).toEqual([]);
    setBack(3_600_000);
    expect(desk.expireWaits(deskClock.now())).toBe(deskClock.now() + 60_000);
    expect(desk.expireWaits(deskClock.now() + 60_000)).toBe(Number.POSITIVE_INFINITY);
    expect(await patient).toEqual([]);
  });

  it("may leave while it is under way: what came for them goes to others, or back", async () => {
    const { claim, next, unwanted } = makeDesk();
    const stop = new AbortController();
    const [left, stays] = [claim(1, 60_000, stop.signal), claim(1, 60_000)];
    const answer = await next();
    stop.abort();
    expect(await left).toEqual([]);
    answer.give(["a", "b"]);
    expect(await stays).toEqual(["a"]);
    expect(unwanted).toEqual(["b"]);
  });

  it("leave more behind where the statement brought all that it might: others are told", async () => {
    const { claim, next, more } = makeDesk();
    const claims = [claim(1), claim(1)];
    (await next()).give(["a", "b"]);
    await Promise.all(claims);
    expect(more).toEqual(["b"]);
  });

  it("are told of a failure if they do not wait, and wait on through one that passes", async () => {
    const { claim, clock, next } = makeDesk();
    const [hasty, patient] = [claim(1), claim(1, 60_000)];
    const down = new StoreError("WF_STORE_UNAVAILABLE", "down");
    (await next()).fail(down);
    await expect(hasty).rejects.toBe(down);
    await clock.advance("1s");
    (await next()).give(["a"]);
    expect(await patient).toEqual(["a"]);
    const hopeless = claim(1, 60_000);
    const denied = new StoreError("WF_STORE_DENIED", "denied");
    (await next()).fail(denied);
    await expect(hopeless).rejects.toBe(denied);
  });

  it("are let go when the queue ends, also while a statement is under way", async () => {
    const { claim, desk, next, unwanted } = makeDesk();
    const waiting = claim(1, 60_000);
    const answer = await next();
    const closed = new WfError("WF_CLOSED", "closed");
    desk.end(closed);
    await expect(waiting).rejects.toBe(closed);
    answer.give(["a"]);
    await desk.idle();
    expect(unwanted).toEqual(["a"]);
  });
});

describe.skipIf(server === undefined)("A job that was claimed for somebody who has left", () => {
  it("is pending again as if it had not been claimed", async () => {
    await using schema = new TestSchema(server!);
    const queue = await schema.open();
    const { id } = await queue.enqueue("jobs", bytes("job"), { maxAttempts: 1 });
    await queue.claim("other");
    const stop = new AbortController();
    const leaving = queue.claim("jobs", { wait: "1m", signal: stop.signal });
    // Once it is under way.
    await Promise.resolve();
    await Promise.resolve();
    stop.abort();
    expect(await leaving).toEqual([]);
    await eventually(async () => (await queue.inspect.getJob(id))?.state === "pending");
    const [claim] = await queue.claim("jobs", { wait: "1m" });
    expect(claim?.job.attempts).toBe(1);
  });
});
