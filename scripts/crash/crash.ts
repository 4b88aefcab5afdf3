import { join } from "node:path";
import { setTimeout as pass } from "node:timers/promises";
import { FileSystemObjectStore } from "@wf/store-fs";
import { seededRandom } from "@wf/testing";
import { find } from "./find.ts";
import { KILL_KINDS, type Kill, type KillKind, planKills } from "./kill-plan.ts";
import { Ledger } from "./ledger.ts";
import { OwnerProcess, PATIENCE_MS } from "./owner-process.ts";
import { differences } from "./verify.ts";

/** By so much the clock of each owner is ahead of the one before, so that what was kept becomes old in many lives. */
const AHEAD_MS = 10_000;
/** Longer than a process is ever paused: what a paused one writes late must not come after its run was swept. */
const RETENTION_MS = PATIENCE_MS + 8 * AHEAD_MS;
/** For the last one all that was kept is old, and so are the sweeps that a kill has cut off. */
const LAST_RETENTION_MS = 50;
const LAST_AHEAD_MS = 120_000;

export interface Report {
  readonly ledger: Ledger;
  readonly counts: Readonly<Record<KillKind, number>>;
  readonly problems: readonly string[];
}

/**
 * Kills owners of one queue, one after the other, lets the last one finish, and looks at what is there.
 *
 * @param onKill is told how many there were
 * @throws where a process ended by itself, or did not end when it was taken over
 */
export async function crash(
  directory: string,
  kills: number,
  seed: number,
  onKill: (count: number) => void,
): Promise<Report> {
  const killing = new Killing(directory);
  const plan = planKills(seededRandom(seed));
  for (let count = 1; count <= kills; count++) {
    await killing.perform(plan.next().value);
    onKill(count);
  }
  const last = killing.start(LAST_RETENTION_MS, LAST_AHEAD_MS);
  await last.said("opened");
  const end = await last.finish();
  if (end !== "finished") throw new Error(`the last process was ${end}`);
  const found = await find(new FileSystemObjectStore({ root: join(directory, "store") }));
  const { ledger, counts } = killing;
  return { ledger, counts, problems: differences(ledger, found) };
}

class Killing {
  readonly ledger = new Ledger();
  readonly counts: Record<KillKind, number>;
  readonly #directory: string;
  #lives = 0;

  constructor(directory: string) {
    this.#directory = directory;
    this.counts = Object.fromEntries(KILL_KINDS.map((kind) => [kind, 0])) as Record<
      KillKind,
      number
    >;
  }

  start(retentionMs = RETENTION_MS, furtherAheadMs = 0): OwnerProcess {
    const life = `p${++this.#lives}`;
    const settings = { retentionMs, aheadMs: this.#lives * AHEAD_MS + furtherAheadMs };
    return new OwnerProcess(this.#directory, life, settings, (line) => {
      this.ledger.hear(life, line);
    });
  }

  async perform({ kind, afterMs, overlapMs }: Kill): Promise<void> {
    this.counts[kind]++;
    const owner = this.start();
    if (kind === "recovery") await owner.said("opening");
    else if (kind !== "start") await owner.said("opened");
    await pass(afterMs);
    if (kind === "takeover" || kind === "pause") await this.#takeOver(owner, kind, overlapMs);
    else await owner.kill();
  }

  /** The one before has to notice by itself that it is over. */
  async #takeOver(owner: OwnerProcess, kind: KillKind, overlapMs: number): Promise<void> {
    if (kind === "pause") owner.stop();
    const successor = this.start();
    await successor.said("opened");
    await pass(overlapMs);
    if (kind === "pause") owner.goOn();
    const end = await owner.end();
    if (end !== "fenced") throw new Error(`process ${owner.life} was taken over, and ${end}`);
    await pass(overlapMs);
    await successor.kill();
  }
}
