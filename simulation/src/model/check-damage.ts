import { MemoStore, WfError } from "@wf/core";
import { ObjectStoreQueue } from "@wf/queue-object-store";
import { MemoryObjectStore, MockClock, seededRandom } from "@wf/testing";
import { Dice } from "../plan/dice.ts";
import { MEMO_PREFIX, type Plan, QUEUE_PREFIX } from "../plan/plan.ts";
import type { World } from "../world/world.ts";
import { difference, portraitOf } from "./portrait.ts";
import { require, violated } from "./violation.ts";

export type Damage = "noticed" | "not needed" | "none";

const NOTICED: ReadonlySet<string> = new Set(["WF_DATA_CORRUPT", "WF_LAYOUT_UNSUPPORTED"]);

/**
 * Damages one object in a copy of the store that is left, and opens that: the damage is noticed, or what is read is
 * what it was.
 */
export async function checkDamage(plan: Plan, world: World): Promise<Damage> {
  const dice = new Dice(seededRandom(plan.seed));
  const { store } = world.archive;
  const all = await world.archive.keys("");
  if (all.length === 0) return "none";
  const key = dice.pick(dice.chance(0.2) ? all.filter(isMemo) : all) ?? (all[0] as string);
  const body = (await store.get(key)) as Uint8Array;
  if (body.length === 0) return "none";
  const damaged = new Uint8Array(body);
  const at = dice.int(0, body.length - 1);
  damaged[at] = (body[at] as number) ^ dice.pick([1, 0x80, 0xff]);
  const copy = await copyOf(store, all);
  const intact = await copyOf(store, all);
  await copy.put(key, damaged);
  const what = `a damaged byte ${at} of ${key}`;
  return isMemo(key) ? readMemo(key, copy, intact, what) : openDamaged(copy, intact, world, what);
}

async function openDamaged(
  copy: MemoryObjectStore,
  intact: MemoryObjectStore,
  world: World,
  what: string,
): Promise<Damage> {
  const expected = await portraitIn(intact, world);
  let shown: string[];
  try {
    shown = await portraitIn(copy, world);
  } catch (error) {
    if (WfError.is(error) && NOTICED.has(error.code)) return "noticed";
    return violated(`${what} is met with ${error}`);
  }
  const found = difference(expected, shown);
  require(found === undefined, () => `${what} was not noticed:${found}`);
  return "not needed";
}

async function portraitIn(store: MemoryObjectStore, world: World): Promise<string[]> {
  const clock = new MockClock(world.clock.now());
  const random = seededRandom(1);
  const queue = await ObjectStoreQueue.open(store, { prefix: QUEUE_PREFIX, clock, random });
  return await portraitOf(queue);
}

async function readMemo(
  objectKey: string,
  copy: MemoryObjectStore,
  intact: MemoryObjectStore,
  what: string,
): Promise<Damage> {
  const [, , runId = "", step] = objectKey.split("/");
  const read = (store: MemoryObjectStore, key: string) =>
    new MemoStore(store, MEMO_PREFIX).memo(runId, Number(step)).get(key);
  for (const key of ["m1", "m2"]) {
    const expected = await read(intact, key);
    try {
      const shown = await read(copy, key);
      const isSame = Buffer.compare(shown ?? Buffer.of(), expected ?? Buffer.of()) === 0;
      require(isSame, () => `${what} was not noticed in memo ${key} of run ${runId}`);
    } catch (error) {
      if (WfError.is(error) && NOTICED.has(error.code)) return "noticed";
      throw error;
    }
  }
  return "not needed";
}

function isMemo(key: string): boolean {
  return key.startsWith(`${MEMO_PREFIX}/memos/`);
}

async function copyOf(
  store: MemoryObjectStore,
  keys: readonly string[],
): Promise<MemoryObjectStore> {
  const copy = new MemoryObjectStore();
  for (const key of keys) await copy.put(key, (await store.get(key)) as Uint8Array);
  return copy;
}
