import { describe, expect, it } from "vitest";
import { foreignFailure, networkFailure, statusFailure } from "./http-failure.ts";

describe("statusFailure", () => {
  for (const [status, ofWrite, ofRead] of [
    [301, "WF_STORE_MISCONFIGURED", "WF_STORE_MISCONFIGURED"],
    [400, "WF_STORE_MISCONFIGURED", "WF_STORE_MISCONFIGURED"],
    [401, "WF_STORE_UNAUTHENTICATED", "WF_STORE_UNAUTHENTICATED"],
    [403, "WF_STORE_DENIED", "WF_STORE_DENIED"],
    [404, "WF_STORE_BUCKET_NOT_FOUND", "WF_STORE_BUCKET_NOT_FOUND"],
    [408, "WF_STORE_OUTCOME_UNKNOWN", "WF_STORE_UNAVAILABLE"],
    [413, "WF_STORE_OBJECT_TOO_LARGE", "WF_STORE_OBJECT_TOO_LARGE"],
    [418, "WF_STORE_MISCONFIGURED", "WF_STORE_MISCONFIGURED"],
    [429, "WF_STORE_UNAVAILABLE", "WF_STORE_UNAVAILABLE"],
    [500, "WF_STORE_OUTCOME_UNKNOWN", "WF_STORE_UNAVAILABLE"],
    [501, "WF_STORE_UNSUPPORTED", "WF_STORE_UNSUPPORTED"],
    [503, "WF_STORE_OUTCOME_UNKNOWN", "WF_STORE_UNAVAILABLE"],
    [599, "WF_STORE_OUTCOME_UNKNOWN", "WF_STORE_UNAVAILABLE"],
  ] as const) {
    it(`takes ${status} as ${ofWrite} of a write and ${ofRead} of a read`, () => {
      expect(statusFailure(status, true).code).toBe(ofWrite);
      expect(statusFailure(status, false).code).toBe(ofRead);
      expect(statusFailure(status, true).advice).toContain(`HTTP ${status}`);
    });
  }
});

describe("foreignFailure", () => {
  it("leaves the outcome of a write open, and names what should have answered", () => {
    const advice = "something else than S3 answers: check the endpoint and the proxies";
    expect(foreignFailure("S3", true)).toEqual({ code: "WF_STORE_OUTCOME_UNKNOWN", advice });
    expect(foreignFailure("S3", false)).toEqual({ code: "WF_STORE_MISCONFIGURED", advice });
  });
});

describe("networkFailure", () => {
  const failed = (code: string, syscall?: string) =>
    Object.assign(new Error("failed"), { code, syscall });
  const refused = failed("ECONNREFUSED");
  for (const [title, error, ofWrite] of [
    ["nothing listens", refused, "WF_STORE_UNAVAILABLE"],
    [
      "nothing listens, told as a cause",
      new Error("x", { cause: refused }),
      "WF_STORE_UNAVAILABLE",
    ],
    ["nothing listens at any address", new AggregateError([refused]), "WF_STORE_UNAVAILABLE"],
    ["there is no way to the host", failed("EHOSTUNREACH", "connect"), "WF_STORE_UNAVAILABLE"],
    [
      "there is no way to any address",
      new AggregateError([failed("ENETUNREACH", "connect")]),
      "WF_STORE_UNAVAILABLE",
    ],
    ["the way to the host is lost", failed("EHOSTUNREACH", "read"), "WF_STORE_OUTCOME_UNKNOWN"],
    ["TLS fails at any moment", failed("EPROTO", "write"), "WF_STORE_OUTCOME_UNKNOWN"],
    ["the connection is lost", failed("ECONNRESET", "read"), "WF_STORE_OUTCOME_UNKNOWN"],
    ["anything else is thrown", "a string", "WF_STORE_OUTCOME_UNKNOWN"],
  ] as const) {
    it(`takes it as ${ofWrite} of a write where ${title}`, () => {
      expect(networkFailure(error, true).code).toBe(ofWrite);
      expect(networkFailure(error, false).code).toBe("WF_STORE_UNAVAILABLE");
    });
  }
});
