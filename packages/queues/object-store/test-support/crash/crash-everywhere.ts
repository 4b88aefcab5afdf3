import { MemoryObjectStore, MockClock } from "@wf/testing";
import { turn } from "../steered-object-store.ts";
import { checkTidy } from "./check-tidy.ts";
import {
  CRASH_MOMENTS,
  type Crash,
  CrashingObjectStore,
  type CrashMoment,
} from "./crashing-object-store.ts";
import { Ledger, Life } from "./life.ts";

/** Something that a process does, to die at each write of it in turn. */
export interface Scenario {
  readonly name: string;
  /**
   * All that a process does, from opening the queue to closing it. The next process does the same again, so it
   * goes on from whatever it finds; the last one comes to the end.
   */
  live(life: Life): Promise<void>;
  /** Objects that are kept for ever, apart from the queue's own. */
  readonly leaves?: RegExp;
  /** What holds then, whatever died before. Called in a process of its own. */
  check(life: Life): Promise<void>;
}

/** Turns without a request after which a process makes none any more. */
const QUIET_TURNS = 40;
/** Turns in which what was answered is heard. */
const HEARING_TURNS = 20;
/** The second process dies at one of so many of its writes. */
const SECOND_CRASH_WITHIN = 6;
/** A late write is done before one of so many writes of the processes that follow. */
const LANDS_WITHIN = 8;

/**
 * Plays the scenario once for every write of its process and every way to die at it. The next process
 * dies as well, at one of its first writes; the one after that lives.
 *
 * @returns how many ways to die there were
 */
export async function crashEverywhere(scenario: Scenario): Promise<number> {
  const writes = await play(scenario, undefined);
  let points = 0;
  for (let write = 0; write < writes.length; write++) {
    for (const moment of momentsOf(writes[write] as string)) {
      try {
        await play(scenario, { write, moment });
      } catch (error) {
        const place = `${scenario.name}: died at write ${write} (${writes[write]}), ${moment}`;
        throw new Error(place, { cause: error });
      }
      points++;
    }
  }
  return points;
}

function momentsOf(write: string): readonly CrashMoment[] {
  if (write.startsWith("delete all of ")) return CRASH_MOMENTS;
  return CRASH_MOMENTS.filter((moment) => moment !== "half");
}

/** @returns the writes of the first process */
async function play(scenario: Scenario, crash: Crash | undefined): Promise<readonly string[]> {
  const inner = new MemoryObjectStore();
  const ledger = new Ledger();
  let clock = new MockClock();
  const first = new CrashingObjectStore(inner, crash);
  await live(scenario, first, clock, ledger, 1);

  let laterWrites = 0;
  const landLate = async () => {
    if (crash?.moment === "late" && laterWrites++ === crash.write % LANDS_WITHIN)
      await first.land();
  };
  const again = crash && secondCrash(crash);
  for (const [index, dies] of [again, undefined].entries()) {
    clock = new MockClock(clock.now());
    const store = new CrashingObjectStore(inner, dies, landLate);
    const ended = await live(scenario, store, clock, ledger, 2 + index);
    if (dies === undefined && !ended) throw new Error("the last process did not come to its end");
  }

  clock = new MockClock(clock.now());
  const last = new Life(new CrashingObjectStore(inner, undefined), clock, ledger, 4);
  await scenario.check(last);
  await checkTidy(inner, clock, scenario.leaves);
  return first.writes;
}

function secondCrash({ write, moment }: Crash): Crash {
  const number = write + CRASH_MOMENTS.indexOf(moment);
  return { write: number % SECOND_CRASH_WITHIN, moment: number % 2 === 0 ? "before" : "after" };
}

/** Lives until the scenario has come to its end, or the process has died. Whether it came to its end. */
async function live(
  scenario: Scenario,
  store: CrashingObjectStore,
  clock: MockClock,
  ledger: Ledger,
  number: number,
): Promise<boolean> {
  let ended = false;
  const living = scenario.live(new Life(store, clock, ledger, number)).then(() => {
    ended = true;
  });
  await Promise.race([living, death(store, () => ended)]);
  return ended;
}

async function death(store: CrashingObjectStore, hasEnded: () => boolean): Promise<void> {
  let quiet = 0;
  for (let before = store.requests; !store.crashed && !hasEnded(); before = store.requests) {
    await turn();
    quiet = store.requests === before ? quiet + 1 : 0;
    if (quiet < QUIET_TURNS) continue;
    if (!store.isHolding) throw new Error(`it hangs after ${store.writes.at(-1)}`);
    store.crash();
  }
  for (let count = 0; store.crashed && count < HEARING_TURNS; count++) await turn();
}
