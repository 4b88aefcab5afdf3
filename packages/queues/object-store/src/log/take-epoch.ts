import { createObject, type ObjectStore, StoreError, WfError } from "@wf/core";
import { decodeEpoch, encodeEpoch, type Owner } from "../layout/epoch-object.ts";
import { epochKey, epochsPrefix, trailingNumber } from "../layout/keys.ts";
import { damaged } from "../layout/segment.ts";

export interface TakenEpoch {
  readonly epoch: number;
  /** Who opened the queue before, if anybody did. */
  readonly previous: Owner | undefined;
}

/**
 * Takes the next epoch: from here on this opener and no other may write `log/<epoch>/`.
 *
 * @param known an epoch that exists, or 0; earlier ones are not looked at
 * @throws WF_DATA_CORRUPT when an epoch is missing
 * @throws WF_STORE_UNSUPPORTED when the store creates an object that is there already
 */
export async function takeEpoch(
  store: ObjectStore,
  prefix: string,
  owner: Omit<Owner, "epoch">,
  known: number,
): Promise<TakenEpoch> {
  for (;;) {
    const newest = await newestEpoch(store, prefix, known);
    const epoch = newest + 1;
    const body = encodeEpoch({ ...owner, epoch });
    const result = await createObject(store, epochKey(prefix, epoch), body);
    // Lost to another opener: that one is to be ended in its turn.
    if (!result.created) continue;
    await checkHonoursIfAbsent(store, epochKey(prefix, epoch), body);
    const previous = newest === 0 ? undefined : await readEpoch(store, prefix, newest);
    return { epoch, previous };
  }
}

/**
 * Everything here rests on create-if-absent, and some stores that call themselves compatible take the
 * condition and ignore it. So each opener tries to create its own epoch object once more, with the same bytes.
 */
async function checkHonoursIfAbsent(
  store: ObjectStore,
  key: string,
  body: Uint8Array,
): Promise<void> {
  try {
    await store.put(key, body, { ifAbsent: true });
  } catch (error) {
    if (WfError.is(error, "WF_STORE_ALREADY_EXISTS")) return;
    throw error;
  }
  throw new StoreError(
    "WF_STORE_UNSUPPORTED",
    `${key}: the store created this object twice although it was asked to create it only where there is none. ` +
      "A queue on such a store would lose acknowledged jobs when two processes open it: use a store that " +
      "honours create-if-absent (If-None-Match: *)",
    { key },
  );
}

/**
 * The newest epoch that was taken, 0 where none was.
 *
 * @param known an epoch that exists, or 0; earlier ones are not looked at
 * @throws WF_DATA_CORRUPT when an epoch is missing
 */
export async function newestEpoch(
  store: ObjectStore,
  prefix: string,
  known: number,
): Promise<number> {
  let newest = Math.max(known - 1, 0);
  const startAfter = newest === 0 ? undefined : epochKey(prefix, newest);
  for await (const { key } of store.list(epochsPrefix(prefix), { startAfter })) {
    const expected = epochKey(prefix, newest + 1);
    if (trailingNumber(key) !== newest + 1) throw damaged(expected, `it is missing before ${key}`);
    newest++;
  }
  if (newest < known) throw damaged(epochKey(prefix, known), "it is missing");
  return newest;
}

/** Who took the epoch. */
export async function readEpoch(store: ObjectStore, prefix: string, epoch: number): Promise<Owner> {
  const key = epochKey(prefix, epoch);
  const stored = await store.get(key);
  if (stored === undefined) throw damaged(key, "it is missing");
  const owner = decodeEpoch(key, stored);
  if (owner.epoch !== epoch) throw damaged(key, `it is that of epoch ${owner.epoch}`);
  return owner;
}
