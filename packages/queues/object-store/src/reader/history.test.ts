import { type Claim, type ObjectStore, StoreError, WfError } from "@wf/core";
import { MemoryObjectStore, MockClock, seededRandom } from "@wf/testing";
import { describe, expect, it } from "vitest";
import { bytes, keysOf, openQueue, openReader, PREFIX } from "../../test-support/fixtures.ts";
import { portrait } from "../../test-support/portrait.ts";
import { ReaderStore } from "../../test-support/reader-store.ts";
import { epochKey, parseSlotKey, slotKey } from "../layout/keys.ts";
import { comparePositions, LOG_START, type Position } from "../layout/position.ts";
import { decodeSlot, readOps } from "../layout/segment.ts";
import { QueueState } from "../state/queue-state.ts";
import { StateInspector } from "../state-inspector.ts";
import { StateKeyValues } from "../state-key-values.ts";

/**
 * Random histories of several owners on a store that is slow, fails, loses answers and lets requests overtake each
 * other, with crashes and snapshots at every moment, and a reader that looks on. Each state that it shows must
 * be the one that the history has at that position, where the history is told by what was stored first in each
 * slot, whatever was collected or put there later. `WF_FIRST_SEED` and `WF_SEEDS` run others, and more.
 */
const SEEDS = Number(process.env["WF_SEEDS"] ?? 40);
const FIRST_SEED = Number(process.env["WF_FIRST_SEED"] ?? 1);
const STEPS = 200;

type Random = () => number;
type Queue = Awaited<ReturnType<typeof openQueue>>;
type Reader = Awaited<ReturnType<typeof openReader>>;

const turns = async (count: number) => {
  for (let turn = 0; turn < count; turn++) await new Promise<void>((done) => setImmediate(done));
};
const never = () => new Promise<never>(() => {});
const nameOf = ({ epoch, slot }: Position) => `${epoch}/${slot}`;

/** What all processes share. Remembers what was first in each slot. */
class Archive {
  readonly store = new MemoryObjectStore();
  readonly #first = new Map<string, Uint8Array>();

  async put(...[key, body, options]: Parameters<ObjectStore["put"]>): Promise<void> {
    await this.store.put(key, body, options);
    if (parseSlotKey(PREFIX, key) && !this.#first.has(key)) this.#first.set(key, body.slice());
  }

  /** The portrait of the history at each position that it has. */
  async portraits(): Promise<Map<string, unknown>> {
    const found = new Map<string, unknown>();
    const state = new QueueState();
    const clock = new MockClock();
    const inspect = new StateInspector(
      state,
      clock,
      () => {},
      async (record) => record.toJob(),
    );
    const source = { inspect, kv: new StateKeyValues(state, () => {}) };
    for (let place = LOG_START; ; ) {
      found.set(nameOf(place), await portrait(source));
      const key = slotKey(PREFIX, place.epoch, place.slot);
      const body = this.#first.get(key);
      if (body === undefined) return found;
      const slot = decodeSlot(key, body, place);
      if (slot.kind === "seal") place = { epoch: place.epoch + 1, slot: 0 };
      else {
        for (const op of readOps(key, slot)) state.apply(op);
        place = { ...place, slot: place.slot + 1 };
      }
    }
  }
}

/** The store as one process has it. Once the process is gone, nothing comes back to it. */
class ProcessStore implements ObjectStore {
  readonly #archive: Archive;
  readonly #random: Random;
  isAlive = true;

  constructor(archive: Archive, random: Random) {
    this.#archive = archive;
    this.#random = random;
  }

  async put(...args: Parameters<ObjectStore["put"]>): Promise<void> {
    await this.#travel();
    // What a process had sent may still arrive when it is gone.
    if (!this.isAlive && this.#random() < 0.5) return never();
    if (this.#random() < 0.04) throw new StoreError("WF_STORE_UNAVAILABLE", "busy");
    await this.#archive.put(...args);
    await this.#travel();
    if (!this.isAlive) return never();
    if (this.#random() < 0.04) throw new StoreError("WF_STORE_OUTCOME_UNKNOWN", "lost");
  }

  async get(...args: Parameters<ObjectStore["get"]>): Promise<Uint8Array | undefined> {
    await this.#travel();
    if (!this.isAlive) return never();
    if (this.#random() < 0.01) throw new StoreError("WF_STORE_UNAVAILABLE", "busy");
    return this.#archive.store.get(...args);
  }

  async delete(...args: Parameters<ObjectStore["delete"]>): Promise<void> {
    await this.#travel();
    if (!this.isAlive) return never();
    return this.#archive.store.delete(...args);
  }

  async *list(...args: Parameters<ObjectStore["list"]>) {
    await this.#travel();
    if (!this.isAlive) await never();
    for await (const meta of this.#archive.store.list(...args)) {
      yield meta;
      if (this.#random() < 0.1) await this.#travel();
    }
  }

  #travel(): Promise<void> {
    const far = this.#random() < 0.1 ? 40 : 4;
    return turns(Math.floor(this.#random() * far));
  }
}

/** One owner, busy with whatever comes to its mind. */
class BusyOwner {
  readonly store: ProcessStore;
  readonly #world: World;
  readonly #claims: Claim[] = [];
  #queue: Queue | undefined;

  constructor(world: World) {
    this.#world = world;
    this.store = new ProcessStore(world.archive, world.random);
    const { clock, random } = world;
    const snapshotAfterBytes = random() < 0.7 ? 1 : 200_000;
    const options = { clock, random, snapshotAfterBytes, segmentMaxBytes: 4_096 };
    openQueue(this.store, options).then(
      (queue) => {
        this.#queue = queue;
      },
      () => {}, // overtaken, or the store failed
    );
  }

  act(): void {
    const queue = this.#queue;
    if (queue === undefined) return;
    this.#act(queue).catch(() => {}); // fenced, or its claim is lost
  }

  close(): void {
    this.#queue?.close().catch(() => {});
  }

  async #act(queue: Queue): Promise<void> {
    const { random } = this.#world;
    const kind = random();
    if (kind < 0.4) return this.#commit(queue);
    if (kind < 0.7) {
      this.#claims.push(...(await queue.claim("jobs", { max: 2, lease: "5s" })));
      return;
    }
    const claim = this.#claims.shift();
    if (claim === undefined) return;
    if (kind < 0.8) await queue.nack(claim, "again", { retryAfter: random() < 0.5 ? 0 : "3s" });
    else await queue.ack(claim, { put: { [`done/${claim.job.id}`]: bytes("1") } });
  }

  async #commit(queue: Queue): Promise<void> {
    const { random, acknowledged } = this.#world;
    const count = ++this.#world.commits;
    const large = random() < 0.3 ? "x".repeat(4_000) : "";
    await queue.commit({
      enqueue: [
        {
          queue: "jobs",
          payload: bytes(`${count}${large}`),
          delay: random() < 0.3 ? "4s" : undefined,
          dedupKey: random() < 0.2 ? "once" : undefined,
        },
      ],
      put: { [`commit/${count}`]: bytes("1"), last: bytes(`${count}`) },
    });
    acknowledged.add(`commit/${count}`);
  }
}

class World {
  readonly archive = new Archive();
  readonly clock = new MockClock(undefined, { settleTurns: 4 });
  readonly random: Random;
  /** The marks of the commits that were acknowledged. */
  readonly acknowledged = new Set<string>();
  commits = 0;
  owners: BusyOwner[] = [];

  constructor(seed: number) {
    this.random = seededRandom(seed);
  }

  step(): Promise<void> | void {
    const kind = this.random();
    if (kind < 0.04 || this.owners.length === 0) {
      this.owners.push(new BusyOwner(this));
      return;
    }
    const index = Math.floor(this.random() * this.owners.length);
    const owner = this.owners[index] as BusyOwner;
    if (kind < 0.055) {
      owner.store.isAlive = false;
      this.owners.splice(index, 1);
    } else if (kind < 0.06) owner.close();
    else if (kind < 0.2) return this.clock.advance(Math.floor(this.random() * 1_500));
    else if (kind < 0.5) return turns(Math.floor(this.random() * 30));
    else for (let acts = this.random() * 6; acts > 0; acts--) owner.act();
  }
}

interface Sight {
  readonly position: Position;
  readonly portrait: unknown;
}

/** What the reader shows, taken at one moment. */
async function look(reader: Reader): Promise<Sight> {
  for (;;) {
    const { position } = reader.lag();
    const shown = await portrait(reader);
    // Between the parts of it the reader may have gone on.
    if (comparePositions(reader.lag().position, position) === 0) {
      return { position, portrait: shown };
    }
  }
}

async function marksOf(reader: Reader): Promise<Set<string>> {
  const marks = new Set<string>();
  let after: string | undefined;
  do {
    const page = await reader.kv.scan("commit/", { after, limit: 1_000 });
    for (const { key } of page.items) marks.add(key);
    after = page.next;
  } while (after !== undefined);
  return marks;
}

/** Repeats what the store has failed. */
async function again<T>(act: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (!WfError.is(error, "WF_STORE_UNAVAILABLE")) throw error;
    }
  }
}

/** Runs one history; gives what happened in it, for the test to know that enough did. */
async function runHistory(seed: number) {
  const world = new World(seed);
  const { archive, clock, random } = world;
  while ((await archive.store.get(epochKey(PREFIX, 1))) === undefined) {
    world.owners.push(new BusyOwner(world));
    await turns(100);
  }
  const readerProcess = new ProcessStore(archive, random);
  const guard = new ReaderStore(readerProcess);
  const reader = await again(() => openReader(guard, { clock, random, pollInterval: 300 }));
  const sights: Sight[] = [await look(reader)];
  const lateSights: Sight[] = [];
  for (let step = 0; step < STEPS; step++) {
    await world.step();
    if (random() < 0.3) {
      const acknowledged = [...world.acknowledged];
      await again(() => reader.refresh());
      const marks = await marksOf(reader);
      for (const mark of acknowledged) expect(marks, `seed ${seed}`).toContain(mark);
    }
    sights.push(await look(reader));
    if (random() < 0.05) {
      const late = await again(() => openReader(new ReaderStore(readerProcess), { clock, random }));
      lateSights.push(await look(late));
      await late.close();
    }
  }
  // A last owner ends all the others, and has the same history.
  const last = await openQueue(archive.store, { clock });
  await turns(100);
  await again(() => reader.refresh());
  expect(await portrait(reader), `seed ${seed}`).toEqual(await portrait(last));
  await reader.close();
  for (const owner of world.owners) owner.store.isAlive = false;
  expect(guard.writes).toEqual([]);
  const history = await archive.portraits();
  for (const { position, portrait: shown } of [...sights, ...lateSights]) {
    expect(shown, `seed ${seed} at ${nameOf(position)}`).toEqual(history.get(nameOf(position)));
  }
  for (const [index, { position }] of sights.entries()) {
    const before = sights[index - 1]?.position ?? LOG_START;
    expect(comparePositions(position, before), `seed ${seed}`).toBeGreaterThanOrEqual(0);
  }
  const isLoad = (request: string) => request.endsWith("/whole");
  return {
    epochs: (await keysOf(archive.store, `${PREFIX}/epochs/`)).length,
    positions: new Set(sights.map(({ position }) => nameOf(position))).size,
    reloads: guard.requests.filter(isLoad).length,
    commits: world.acknowledged.size,
  };
}

describe("a reader beside random owners", () => {
  it("shows the history as it was, never backwards, and all that was acknowledged before a refresh", {
    timeout: 240_000 + 1_000 * SEEDS,
  }, async () => {
    const total = { epochs: 0, positions: 0, reloads: 0, commits: 0 };
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
      const run = await runHistory(seed).catch((error) => {
        throw new Error(`seed ${seed} of the reader's histories failed: ${error.message}`, {
          cause: error,
        });
      });
      for (const key of Object.keys(total) as (keyof typeof total)[]) total[key] += run[key];
    }
    // The histories are not all alike, and not all quiet.
    expect(total.epochs).toBeGreaterThan(4 * SEEDS);
    expect(total.positions).toBeGreaterThan(15 * SEEDS);
    expect(total.commits).toBeGreaterThan(20 * SEEDS);
    expect(total.reloads).toBeGreaterThan(SEEDS / 2);
    if (process.env["WF_SHOW"]) process.stdout.write(`${JSON.stringify(total)}\n`);
  });

  it("replays a history from its seed, request by request", async () => {
    expect(await runHistory(7)).toEqual(await runHistory(7));
  });
});
