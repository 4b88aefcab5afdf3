import { describe, expect, it } from "vitest";
import { Journal, type JournalEntry } from "./journal.ts";
import { Ledger, type PaidCall } from "./ledger.ts";
import { verifyRun } from "./verify-run.ts";

const paid = (incarnation: number, ...calls: string[]): PaidCall[] =>
  calls.map((call) => ({ call, incarnation }));
const memoized = (incarnation: number, ...calls: string[]): JournalEntry[] =>
  calls.map((call) => ({ event: "memoized", incarnation, call }));

function verify(calls: PaidCall[], entries: JournalEntry[], kills = 1) {
  const ledger = new Ledger();
  ledger.add(calls);
  const journal = new Journal();
  journal.add(entries);
  return { ledger, ...verifyRun({ ledger, journal, kills, documents: 2, maxInFlight: 2 }) };
}

describe("verifyRun", () => {
  it("accepts a call that is paid twice because it was in flight at the kill", () => {
    const { ledger, inFlightAtKills, problems } = verify(
      [...paid(1, "a", "b", "c"), ...paid(2, "c", "d")],
      [...memoized(1, "a"), ...memoized(2, "c", "d")],
    );
    expect(problems).toEqual([]);
    expect(inFlightAtKills).toBe(2); // b too: its answer reached the memo, the worker's note did not
    expect(ledger.paid).toBe(5);
    expect(ledger.different).toBe(4);
    expect(ledger.paidTwice).toBe(1);
  });

  it("accepts one call paid three times when two kills caught it in flight", () => {
    const { ledger, problems } = verify(
      [...paid(1, "a"), ...paid(2, "a"), ...paid(3, "a")],
      memoized(3, "a"),
      2,
    );
    expect(problems).toEqual([]);
    expect(ledger.paidTwice).toBe(2);
  });

  it("finds a call that was paid again after its answer was in the memo", () => {
    const { problems } = verify(
      [...paid(1, "a"), ...paid(2, "a")],
      [...memoized(1, "a"), ...memoized(2, "a")],
    );
    expect(problems).toContain(
      "call a was paid for by worker 2, though worker 1 had its answer in the memo",
    );
    expect(problems).toContain("1 calls were paid twice; only 0 were in flight at a kill");
  });

  it("finds a call that was paid again after a worker had taken its answer from the memo", () => {
    const { problems } = verify(
      [...paid(1, "a"), ...paid(3, "a")],
      [{ event: "recalled", incarnation: 2, call: "a" }, ...memoized(3, "a")],
      2,
    );
    expect(problems).toEqual([
      "call a was paid for by worker 3, though worker 2 had its answer in the memo",
    ]);
  });

  it("finds a call that one worker paid for twice", () => {
    const { problems } = verify(paid(1, "a", "a"), []);
    expect(problems).toContain("call a was paid twice by worker 1");
  });

  it("finds a worker that left more calls behind than it can have had in flight", () => {
    const { problems } = verify(paid(1, "a", "b", "c"), []);
    expect(problems).toEqual([
      "worker 1 left 3 paid calls without an answer in the memo; at most 2 can have been in flight",
    ]);
  });

  it("allows nothing in flight for a worker that was not killed", () => {
    const { problems } = verify(paid(1, "a"), [], 0);
    expect(problems).toEqual([
      "worker 1 left 1 paid calls without an answer in the memo; at most 0 can have been in flight",
    ]);
  });

  it("finds steps that ran again after they were complete, and documents submitted twice", () => {
    const step = (incarnation: number, number: number): JournalEntry => ({
      event: "step",
      incarnation,
      document: "d",
      step: number,
    });
    const submitted: JournalEntry = { event: "submitted", incarnation: 1, document: "d" };
    const reported: JournalEntry = { event: "reported", incarnation: 2, document: "d" };
    expect(verify([], [submitted, step(1, 0), step(1, 1), step(2, 1)]).problems).toEqual([]);
    expect(verify([], [step(1, 1), step(2, 0)]).problems).toEqual([
      "step 0 of document d ran again after it was complete",
    ]);
    expect(verify([], [step(1, 2), reported, reported, step(2, 2)]).problems).toEqual([
      "step 2 of document d ran again after it was complete",
    ]);
    expect(verify([], [submitted, submitted]).problems).toEqual(["document d was submitted twice"]);
  });
});
