import type { Journal } from "./journal.ts";
import type { Ledger } from "./ledger.ts";

/** What was asked of a run of the pipeline, and how it ended. */
export interface RunFacts {
  readonly ledger: Ledger;
  readonly journal: Journal;
  readonly kills: number;
  readonly documents: number;
  /** Calls that one worker can have under way. */
  readonly maxInFlight: number;
}

export interface Verdict {
  /** Calls that were paid for by a worker which was killed before it saw their answers in the memo. */
  readonly inFlightAtKills: number;
  /** What is not as wf promises; empty when all is well. */
  readonly problems: readonly string[];
}

const MAX_PROBLEMS = 20;

/**
 * Checks that the only calls paid twice are those that were in flight at a kill.
 *
 * A call is in flight from when the service charges for it until `memo.remember` has resolved, which is when
 * the worker notes it in its journal. So a call whose answer any worker saw in the memo must never be paid for
 * again, no worker pays twice for one call, and a worker leaves at most `maxInFlight` calls behind.
 */
export function verifyRun(facts: RunFacts): Verdict {
  const { ledger, journal, kills, documents } = facts;
  const problems = [...journal.violations];
  const inFlight = inFlightByIncarnation(facts);
  for (const [incarnation, calls] of inFlight) {
    const most = incarnation <= kills ? facts.maxInFlight : 0;
    if (calls > most) {
      problems.push(
        `worker ${incarnation} left ${calls} paid calls without an answer in the memo; ` +
          `at most ${most} can have been in flight`,
      );
    }
  }
  for (const repeated of ledger.repeated()) problems.push(...needlessPayments(repeated, journal));
  const inFlightAtKills = [...inFlight.values()].reduce((sum, calls) => sum + calls, 0);
  if (ledger.paidTwice > inFlightAtKills) {
    problems.push(
      `${ledger.paidTwice} calls were paid twice; only ${inFlightAtKills} were in flight at a kill`,
    );
  }
  if (journal.submissions > documents) {
    problems.push(`${journal.submissions} runs were submitted for ${documents} documents`);
  }
  return { inFlightAtKills, problems: problems.slice(0, MAX_PROBLEMS) };
}

function inFlightByIncarnation({ ledger, journal }: RunFacts): Map<number, number> {
  const inFlight = new Map<number, number>();
  for (const [incarnation, calls] of ledger.byIncarnation()) {
    const lost = [...calls].filter((call) => !journal.whoSawInMemo(call).includes(incarnation));
    inFlight.set(incarnation, lost.length);
  }
  return inFlight;
}

/** Payments that the memo should have spared. */
function needlessPayments(
  { call, incarnations }: { call: string; incarnations: readonly number[] },
  journal: Journal,
): string[] {
  const problems: string[] = [];
  const [known] = journal.whoSawInMemo(call);
  for (const [index, incarnation] of incarnations.entries()) {
    if (index > 0 && incarnations[index - 1] === incarnation) {
      problems.push(`call ${call} was paid twice by worker ${incarnation}`);
    } else if (known !== undefined && known < incarnation) {
      problems.push(
        `call ${call} was paid for by worker ${incarnation}, though worker ${known} had its answer in the memo`,
      );
    }
  }
  return problems;
}
