import type { ObjectStoreQueue } from "@wf/queue-object-store";
import { endOfLog } from "../model/history.ts";
import { portraitOf } from "../model/portrait.ts";
import type { Act, Plan, ProcessAct, ReaderAct } from "../plan/plan.ts";
import { EffectsMaker } from "./effects-maker.ts";
import { JobActs } from "./job-acts.ts";
import { Owner } from "./owner.ts";
import { Process } from "./process.ts";
import { Reader, type Sight } from "./reader.ts";
import { RunActs } from "./run-acts.ts";
import { World } from "./world.ts";

/** Plays a plan: the world, those who act in it, and what the plan has them do. */
export class Stage {
  readonly world = new World();
  readonly maker = new EffectsMaker();
  readonly owners: Owner[] = [];
  readonly readers: Reader[] = [];
  readonly #plan: Plan;
  readonly #runActs = new RunActs();
  /** Failures of what the plan had done that no rule of the contract explains. */
  readonly failures: unknown[] = [];
  /** What owners at rest showed. */
  readonly sights: Sight[] = [];
  /** The tick at which the queue was opened for the last time. */
  openedLastAt = 0;
  acts = 0;
  pauses = 0;
  /** Processes that ended before the end, of themselves. */
  crashes = 0;

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  async play(): Promise<void> {
    for (const { after, act } of this.#plan.steps) {
      await this.world.clock.advance(after);
      this.#perform(act);
    }
    await this.world.clock.advance(0);
    this.crashes = this.world.processes.filter(({ isDead }) => isDead).length;
  }

  open(seed: number, faults: Extract<ProcessAct, { do: "open" }>["faults"]): Owner {
    const process = new Process(this.world, seed, faults);
    this.openedLastAt = this.world.now().tick;
    const owner = new Owner(this.world, process, this.#plan.settings, this.maker);
    this.owners.push(owner);
    return owner;
  }

  /** Writes down what an owner at rest shows. */
  async see(queue: ObjectStoreQueue, process: Process): Promise<void> {
    const position = endOfLog(this.world.archive);
    const lines = await portraitOf(queue);
    this.sights.push({ by: `owner ${process.number}`, position, lines });
  }

  #perform(act: Act): void {
    this.acts++;
    switch (act.do) {
      case "open":
        this.open(act.seed, act.faults);
        return;
      case "open_reader":
      case "look":
      case "close_reader":
        return this.#performReader(act);
    }
    const owner = this.#owner(act.who);
    if (owner?.queue === undefined || owner.runtime === undefined) return;
    const { process, queue, runtime } = owner;
    switch (act.do) {
      case "crash":
        return process.crash();
      case "outage":
        return process.faulty.outage(act.ms);
      case "pause":
        return this.#pause(process, act.ms);
      case "close":
        return this.#await(owner.close());
      case "submit":
      case "signal":
      case "clear_signal":
      case "cancel_run":
      case "status":
      case "runs":
      case "outcome":
        return this.#await(this.#runActs.perform(act, runtime));
      default:
        return this.#await(new JobActs(this.maker, queue, process).perform(act));
    }
  }

  #performReader(act: ReaderAct): void {
    if (act.do === "open_reader") {
      const process = new Process(this.world, act.seed, act.faults);
      this.readers.push(new Reader(this.world, process, act.poll));
      return;
    }
    const readers = this.readers.filter(({ isUp }) => isUp);
    const reader = readers[act.pick % Math.max(readers.length, 1)];
    if (reader === undefined) return;
    this.#await(act.do === "look" ? reader.look(act.refresh) : reader.close());
  }

  #pause(process: Process, ms: number): void {
    this.pauses++;
    process.pause();
    void this.world.clock.sleep(ms).then(() => process.resume());
  }

  /** Counted from the newest that is up. */
  #owner(who: number): Owner | undefined {
    const up = this.owners.filter(({ isUp }) => isUp);
    return up[up.length - 1 - (who % Math.max(up.length, 1))];
  }

  /** Refusals are in the journal, where the model judges them. */
  #await(act: Promise<unknown>): void {
    act.catch((error) => {
      if (!(error instanceof Error)) this.failures.push(error);
    });
  }
}
