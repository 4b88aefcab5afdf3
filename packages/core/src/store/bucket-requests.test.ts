import { MockClock } from "@wf/testing";
import { describe, expect, it } from "vitest";
import { BucketRequests, isWrite, type StoreOperation } from "./bucket-requests.ts";
import { RequestPolicy } from "./request-policy.ts";

const OPERATIONS: readonly StoreOperation[] = ["create", "put", "get", "list", "delete"];

describe("BucketRequests", () => {
  it("asks what a failure means of this operation at this time, and says where it happened", async () => {
    const clock = new MockClock(5_000);
    const asked: unknown[] = [];
    const requests = new BucketRequests({
      location: "s3://bucket/my-app/",
      policy: new RequestPolicy({ clock }),
      mapFailure: (...question) => {
        asked.push(question);
        return { code: "WF_STORE_DENIED", advice: "it is denied" };
      },
    });
    const failure = new Error("as scripted");
    for (const operation of OPERATIONS) {
      const sent = requests.send({ operation, of: "a/b", key: "a/b", signal: undefined }, () =>
        Promise.reject(failure),
      );
      await expect(sent).rejects.toMatchObject({
        code: "WF_STORE_DENIED",
        key: "a/b",
        message: `${operation === "create" ? "put" : operation} s3://bucket/my-app/a/b: it is denied: as scripted`,
      });
    }
    expect(asked).toEqual(OPERATIONS.map((operation) => [failure, operation, 5_000]));
  });

  it("leaves the outcome of a write open that was not answered in time, and not of a read", async () => {
    for (const operation of OPERATIONS) {
      const clock = new MockClock();
      const policy = new RequestPolicy({ clock, maxAttempts: 1, requestTimeout: "5s" });
      const requests = new BucketRequests({
        location: "s3://bucket/",
        policy,
        mapFailure: () => expect.unreachable(),
      });
      const request = { operation, of: "a", signal: undefined };
      const sent = requests.send(request, () => new Promise(() => {})).catch((error) => error);
      await clock.advance("5s");
      const code = isWrite(operation) ? "WF_STORE_OUTCOME_UNKNOWN" : "WF_STORE_UNAVAILABLE";
      expect(await sent).toMatchObject({ code });
    }
    expect(OPERATIONS.filter(isWrite)).toEqual(["create", "put", "delete"]);
  });

  it("gives the answer, and the signal of the caller to the request", async () => {
    const controller = new AbortController();
    const requests = new BucketRequests({
      location: "",
      policy: new RequestPolicy({ clock: new MockClock() }),
      mapFailure: () => expect.unreachable(),
    });
    const call = { operation: "get", of: "a", signal: controller.signal } as const;
    expect(await requests.send(call, async (signal) => signal.aborted)).toBe(false);
    const held = requests.send(
      call,
      (signal) =>
        new Promise((_, fail) => {
          signal.addEventListener("abort", () => fail(new Error("cut")));
        }),
    );
    const reason = new Error("no longer wanted");
    controller.abort(reason);
    await expect(held).rejects.toBe(reason);
  });
});
