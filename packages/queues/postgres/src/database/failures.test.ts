import { describe, expect, it } from "vitest";
import { classify, type Stage, storeError } from "./failures.ts";

const STAGES: readonly Stage[] = ["connect", "work", "commit"];

/** An error as `pg` gives it: of the server with a severity, of the operating system without. */
function thrown(code: string | undefined, message = "it failed", severity?: string): Error {
  return Object.assign(new Error(message), { code, severity });
}

type Expected = readonly [code: string, reaction: string];
const LOST: readonly Expected[] = [
  ["WF_STORE_UNAVAILABLE", "retry"],
  ["WF_STORE_UNAVAILABLE", "retry"],
  ["WF_STORE_OUTCOME_UNKNOWN", "check"],
];
const everywhere = (...expected: Expected) => [expected, expected, expected];

/** What each failure means at the three stages. */
const ROWS: readonly (readonly [about: string, error: Error, expected: readonly Expected[]])[] = [
  ["wrong password", thrown("28P01"), everywhere("WF_STORE_UNAUTHENTICATED", "fail")],
  [
    "no password to give, as pg says it",
    thrown(undefined, "SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string"),
    [
      ["WF_STORE_UNAUTHENTICATED", "fail"],
      ["WF_STORE_UNAUTHENTICATED", "fail"],
      ["WF_STORE_OUTCOME_UNKNOWN", "check"],
    ],
  ],
  ["no such role", thrown("28000"), everywhere("WF_STORE_UNAUTHENTICATED", "fail")],
  [
    "no such database",
    thrown("3D000"),
    [
      ["WF_STORE_NOT_INITIALIZED", "fail"],
      ["WF_STORE_UNAVAILABLE", "isolate"],
      ["WF_STORE_UNAVAILABLE", "isolate"],
    ],
  ],
  ["permission denied", thrown("42501"), everywhere("WF_STORE_DENIED", "fail")],
  ["no such schema", thrown("3F000"), everywhere("WF_STORE_NOT_INITIALIZED", "fail")],
  ["no such table", thrown("42P01"), everywhere("WF_STORE_NOT_INITIALIZED", "fail")],
  ["no server", thrown("ECONNREFUSED"), LOST],
  ["no such socket", thrown("ENOENT"), LOST],
  ["no such host", thrown("ENOTFOUND"), LOST],
  ["no name service", thrown("EAI_AGAIN"), LOST],
  ["no route", thrown("EHOSTUNREACH"), LOST],
  ["too many connections", thrown("53300"), everywhere("WF_STORE_UNAVAILABLE", "retry")],
  ["starting up", thrown("57P03"), everywhere("WF_STORE_UNAVAILABLE", "retry")],
  ["connection reset", thrown("ECONNRESET"), LOST],
  ["broken pipe", thrown("EPIPE"), LOST],
  ["timed out", thrown("ETIMEDOUT"), LOST],
  ["shut down by an administrator", thrown("57P01", "", "FATAL"), LOST],
  ["shut down by a crash", thrown("57P02", "", "FATAL"), LOST],
  ["idle in transaction for too long", thrown("25P03", "", "FATAL"), LOST],
  ["connection failure", thrown("08006"), LOST],
  ["an outcome that the server does not know", thrown("40003"), LOST],
  ["a disk that is full as the server goes down", thrown("53100", "", "PANIC"), LOST],
  ["an unknown code after which the server hangs up", thrown("F0000", "", "FATAL"), LOST],
  ["terminated, as pg says it", thrown(undefined, "Connection terminated unexpectedly"), LOST],
  ["no free connection in the pool", thrown(undefined, "timeout exceeded when trying"), LOST],
  ["serialization failure", thrown("40001"), everywhere("WF_STORE_UNAVAILABLE", "retry")],
  ["deadlock", thrown("40P01"), everywhere("WF_STORE_UNAVAILABLE", "retry")],
  ["unique violation", thrown("23505"), everywhere("WF_STORE_UNAVAILABLE", "split")],
  ["an assumption that fails", thrown("22012"), everywhere("WF_STORE_UNAVAILABLE", "read")],
  ["lock not available", thrown("55P03"), everywhere("WF_STORE_UNAVAILABLE", "split")],
  ["statement timeout", thrown("57014"), everywhere("WF_STORE_UNAVAILABLE", "split")],
  ["read-only", thrown("25006"), everywhere("WF_STORE_UNAVAILABLE", "retry")],
  ["disk full", thrown("53100"), everywhere("WF_STORE_UNAVAILABLE", "retry")],
  ["out of lock space", thrown("53200"), everywhere("WF_STORE_UNAVAILABLE", "retry")],
  ["an I/O error of the server", thrown("58030"), everywhere("WF_STORE_UNAVAILABLE", "retry")],
  ["damaged data", thrown("XX001"), everywhere("WF_DATA_CORRUPT", "fail")],
  ["a damaged index", thrown("XX002"), everywhere("WF_DATA_CORRUPT", "fail")],
  ["no such function", thrown("42883"), everywhere("WF_STORE_UNSUPPORTED", "fail")],
  ["not supported", thrown("0A000"), everywhere("WF_STORE_UNSUPPORTED", "fail")],
  ["anything else", thrown("22P02"), everywhere("WF_STORE_UNAVAILABLE", "isolate")],
  [
    "no certificate that is trusted",
    thrown("SELF_SIGNED_CERT_IN_CHAIN"),
    [
      ["WF_STORE_UNAVAILABLE", "isolate"],
      ["WF_STORE_UNAVAILABLE", "retry"],
      ["WF_STORE_OUTCOME_UNKNOWN", "check"],
    ],
  ],
  [
    "no database error at all",
    thrown(undefined),
    [
      ["WF_STORE_UNAVAILABLE", "isolate"],
      ["WF_STORE_UNAVAILABLE", "isolate"],
      ["WF_STORE_OUTCOME_UNKNOWN", "check"],
    ],
  ],
];

describe("A failure of the database", () => {
  for (const [about, error, expected] of ROWS) {
    it(`means what the table says: ${about}`, () => {
      const found = STAGES.map((stage) => {
        const { code, reaction } = classify(error, stage);
        return [code, reaction];
      });
      expect(found).toEqual(expected);
    });
  }

  it("is told with what was done, what to do, and what the server said", () => {
    const error = thrown("53300", "sorry, too many clients already", "FATAL");
    const told = storeError(classify(error, "connect"), error, "could not enqueue");
    expect(told).toMatchObject({ code: "WF_STORE_UNAVAILABLE", retry: "safe", cause: error });
    expect(told.message).toMatch(
      /^could not enqueue: .*lower `connections`.*"sorry, too many clients already" \(SQLSTATE 53300\)$/,
    );
  });
});
