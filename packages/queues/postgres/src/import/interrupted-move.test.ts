import { type ObjectStore, systemClock, WfError } from "@wf/core";
import type { MockClock } from "@wf/testing";
import { describe, expect, it } from "vitest";
import { fullQueue, openSource } from "../../test-support/move/full-queue.ts";
import {
  type Moment,
  MortalProcess,
  MortalStore,
  ProcessPool,
} from "../../test-support/move/mortal-process.ts";
import { copyOf, Place } from "../../test-support/move/moving.ts";
import { portrait } from "../../test-support/move/portrait.ts";
import { type SharedServer, sharedServer } from "../../test-support/shared-server.ts";

const server = (await sharedServer()) as SharedServer;
const MOMENTS: readonly Moment[] = ["before", "after"];

interface Scene {
  readonly place: Place;
  readonly store: ObjectStore;
  readonly clock: MockClock;
}

type Act = (scene: Scene, process: MortalProcess) => Promise<void>;

/** Done by a process of its own. */
const move: Act = ({ place, store, clock }, process) =>
  within(process, (pool) => place.move(new MortalStore(store, process), clock, pool));
const undo: Act = ({ place, store, clock }, process) =>
  within(process, (pool) => place.undo(new MortalStore(store, process), clock, { pool }));

async function within(
  process: MortalProcess,
  act: (pool: ProcessPool) => Promise<unknown>,
): Promise<void> {
  const pool = new ProcessPool(server.url(), process);
  try {
    await act(pool);
  } catch (error) {
    if (!process.isDead) throw error;
  } finally {
    await pool.end();
  }
}

/** Until the server has noticed that the process before is dead. */
async function insist(act: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (!WfError.is(error, "WF_STORE_UNAVAILABLE")) throw error;
      await systemClock.sleep(5);
    }
  }
}

/** Whether there are jobs here, counted so that no transaction that is still on its way is missed. */
async function hasJobs({ place }: Scene): Promise<boolean> {
  const { rows } = await place.query("SELECT to_regclass('{s}.finished') IS NOT NULL AS there");
  if (!rows[0].there) return false;
  for (;;) {
    const under = await place.query(
      `SELECT 1 FROM pg_locks WHERE locktype = 'relation' AND mode = 'ShareRowExclusiveLock'
        AND relation = to_regclass('{s}.jobs')`,
    );
    if (under.rows.length === 0) return (await place.jobs()) > 0;
    await systemClock.sleep(5);
  }
}

/** Whether the queue in the bucket opens. Tried on a copy, so that nothing follows from it. */
async function sourceRuns({ store, clock }: Scene): Promise<boolean> {
  try {
    await (await openSource(await copyOf(store, clock), clock)).close();
    return true;
  } catch (error) {
    if (WfError.is(error, "WF_QUEUE_MOVED")) return false;
    throw error;
  }
}

describe.skipIf(server === undefined)("A move that is interrupted", () => {
  /** Plays `first` once for each of its acts and each way to die at it, and `then` after that. */
  async function everywhere(
    before: Act | undefined,
    first: Act,
    then: (scene: Scene, name: string, expected: unknown) => Promise<void>,
  ): Promise<number> {
    const { store, clock } = await fullQueue();
    const expected = await portrait(await openSource(await copyOf(store, clock), clock));
    let acts = 1;
    let points = 0;
    for (let act = 0; act < acts; act++) {
      for (const moment of MOMENTS) {
        await using place = new Place(server);
        const scene = { place, store: await copyOf(store, clock), clock };
        // With the tables there already, which are made as by every opening.
        await (await place.open(clock)).queue.close();
        await before?.(scene, new MortalProcess());
        const process = new MortalProcess(act, moment);
        await first(scene, process);
        if (!process.isDead) continue;
        acts = Math.max(acts, act + 2);
        const name = `${moment} act ${act}, ${process.acts.at(-1)}`;
        const runs = [await sourceRuns(scene), await hasJobs(scene)];
        expect(runs, `never both: ${name}`).not.toEqual([true, true]);
        await then(scene, name, expected);
        points++;
      }
    }
    return points;
  }

  async function expectMoved(scene: Scene, name: string, expected: unknown): Promise<void> {
    expect(await sourceRuns(scene), name).toBe(false);
    const { queue } = await scene.place.open(scene.clock);
    expect(await portrait(queue), name).toEqual(expected);
    await scene.place.close();
  }

  async function expectUndone(scene: Scene, name: string, expected: unknown): Promise<void> {
    expect(await hasJobs(scene), name).toBe(false);
    const source = await openSource(scene.store, scene.clock);
    expect(await portrait(source), name).toEqual(expected);
    await source.close();
  }

  it("is finished by running it again, wherever it died", async () => {
    const points = await everywhere(undefined, move, async (scene, name, expected) => {
      await insist(() => move(scene, new MortalProcess()));
      await expectMoved(scene, name, expected);
    });
    expect(points).toBeGreaterThan(40);
  });

  it("is undone, wherever it died", async () => {
    let undone = 0;
    await everywhere(undefined, move, async (scene, name, expected) => {
      if (await sourceRuns(scene)) {
        await expect(undo(scene, new MortalProcess()), name).rejects.toMatchObject({
          code: "WF_INVALID_STATE",
        });
      } else {
        undone++;
        await insist(() => undo(scene, new MortalProcess()));
      }
      await expectUndone(scene, name, expected);
    });
    expect(undone).toBeGreaterThan(15);
  });

  it("is undone by running the undo again, wherever that died", async () => {
    const points = await everywhere(move, undo, async (scene, name, expected) => {
      if (!(await sourceRuns(scene))) await insist(() => undo(scene, new MortalProcess()));
      await expectUndone(scene, name, expected);
    });
    expect(points).toBeGreaterThan(20);
  });

  it("is finished after all where an undo of it died, or begun anew", async () => {
    await everywhere(move, undo, async (scene, name, expected) => {
      await insist(() => move(scene, new MortalProcess()));
      await expectMoved(scene, name, expected);
    });
  });
});
