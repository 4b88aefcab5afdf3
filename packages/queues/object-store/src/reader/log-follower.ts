import { type Clock, type ObjectStore, StoreError, WfError } from "@wf/core";
import { epochKey, logPrefix, parseSlotKey, slotBefore, slotKey } from "../layout/keys.ts";
import { comparePositions, LOG_START, type Position } from "../layout/position.ts";
import { damaged, decodeSlot } from "../layout/segment.ts";
import { newestEpoch } from "../log/take-epoch.ts";
import { findSnapshot, isNewer } from "../snapshot/find-snapshot.ts";
import { loadSnapshot } from "../snapshot/load-snapshot.ts";
import { Fold } from "./fold.ts";
import { HoleCheck } from "./hole-check.ts";

/** Slots that are read at the same time. */
const READ_AHEAD = 16;
/** Slots that one poll takes at most, so that others get their turn. */
const POLL_MAX_SLOTS = 1_024;
/** Snapshots that one catching-up begins with at most, where each is collected before it is read. */
const MAX_LOADS = 100;
/** A poll asks only for the next slot; so often it asks for all there is, which alone is proof. */
const PROOF_INTERVAL_MS = 10_000;

export interface FollowerContext {
  readonly store: ObjectStore;
  readonly prefix: string;
  readonly clock: Clock;
}

/**
 * Folds a log that others write, without a say in it: a reader puts no seals.
 *
 * **What it may apply.** A slot only as the next one: every slot below it in its epoch is applied and was a
 * segment, and every epoch below it was read to its seal. That is exactly what counts:
 *
 * - It counts for certain. Objects of the log never change, and a seal can only land in a slot that is free.
 *   So no seal can come in below a segment that follows on what was applied, and an opener, which reads
 *   slot by slot and seals the first that is free, will apply it as well. That holds too where the owner
 *   crashed after the segment landed and before it acknowledged it: what is seen here is durable, and no
 *   later history is without it.
 * - Nothing that counts is left out, since an owner acknowledges in the order of slots.
 * - A segment that landed behind a hole was not acknowledged: its owner waits for the hole. If it is fenced
 *   before, the seal lands in the hole and the segment counts for nobody. It is not applied here as long as
 *   the hole is one, and behind the seal never.
 * - The first segment of an epoch is written after every epoch below was sealed, so what follows a seal
 *   that was read is the next epoch's first slot.
 *
 * **Collected slots.** A slot that is not there is free or was collected. A collection needs a newer snapshot
 * first, so the look at the snapshots tells; where there is one, folding starts again from it. The same look
 * is needed for a seal that another owner put: an opener that was slow may have put it into a slot that
 * had been collected, where it ends nothing (the opener finds that out by the same look). Whatever does not
 * fit together is damage unless a newer snapshot explains it.
 *
 * A poll asks for the next slot alone. That it is not there proves nothing by itself, so now and then, and
 * when the log has come to rest, the listing of the log is asked for instead: a collection keeps the older of the
 * two newest snapshots and all that follows it, so it always leaves something behind the slots that it takes.
 */
export class LogFollower {
  readonly #store: ObjectStore;
  readonly #prefix: string;
  readonly #clock: Clock;
  readonly #holes: HoleCheck;
  #served: Fold | undefined;
  /** The next fold to be served: begun from a newer snapshot, and not yet brought up to the log's end. */
  #unfinished: Fold | undefined;
  #provenAt = Number.NEGATIVE_INFINITY;
  #segmentSeenAt: number | undefined;
  #wasBusy = false;

  private constructor({ store, prefix, clock }: FollowerContext) {
    this.#store = store;
    this.#prefix = prefix;
    this.#clock = clock;
    this.#holes = new HoleCheck(store, prefix);
  }

  /** @throws WF_STORE_NOT_INITIALIZED where nobody has opened the queue yet, and as {@link catchUp} */
  static async open(context: FollowerContext): Promise<LogFollower> {
    const { store, prefix } = context;
    const snapshot = await findSnapshot(store, prefix);
    const epoch = await newestEpoch(store, prefix, snapshot?.epoch ?? 0);
    if (epoch === 0) {
      const error = await noEpoch(store, prefix);
      // What was found may be of a first owner that has come meanwhile.
      if ((await newestEpoch(store, prefix, 0)) === 0) throw error;
    }
    const follower = new LogFollower(context);
    await follower.catchUp();
    return follower;
  }

  /** What is to be read. Another one takes its place where folding had to start again. */
  get fold(): Fold {
    return this.#served as Fold;
  }

  /** Everything that was in the store at that time is in the fold. */
  get provenAt(): number {
    return this.#provenAt;
  }

  /** When something new was last seen in the log, since this was opened. */
  get segmentSeenAt(): number | undefined {
    return this.#segmentSeenAt;
  }

  /**
   * Takes what is new. Whether there may be more at once.
   *
   * @throws as {@link catchUp}
   */
  async poll(): Promise<boolean> {
    const before = this.fold.position;
    if (this.#isProofDue) {
      await this.catchUp();
      return comparePositions(this.fold.position, before) > 0;
    }
    try {
      const slots = await this.#takeNext(this.fold);
      const isAtRest = slots === 0 && this.#wasBusy;
      this.#wasBusy = slots > 0;
      if (!isAtRest) return slots >= POLL_MAX_SLOTS;
    } catch (error) {
      if (!WfError.is(error, "WF_DATA_CORRUPT")) throw error;
    }
    await this.catchUp();
    return comparePositions(this.fold.position, before) > 0;
  }

  /**
   * Takes all that is in the store when this is called.
   *
   * @throws WF_DATA_CORRUPT naming the object that is damaged or missing, WF_LAYOUT_UNSUPPORTED,
   *   WF_STORE_UNAVAILABLE, and whatever else the store throws; what was served before is served on
   */
  async catchUp(): Promise<void> {
    let fold = this.#unfinished ?? (this.#served?.isBroken ? undefined : this.#served);
    for (let loads = 0; loads < MAX_LOADS; loads++) {
      let snapshot: Position | undefined;
      try {
        if (fold === undefined) {
          snapshot = await findSnapshot(this.#store, this.#prefix);
          fold = await this.#load(snapshot);
          this.#unfinished = fold;
        }
        return this.#serve(fold, await this.#reachEnd(fold));
      } catch (error) {
        if (!WfError.is(error, "WF_DATA_CORRUPT")) throw error;
        this.#unfinished = undefined;
        const newest = await findSnapshot(this.#store, this.#prefix);
        if (!isNewer(newest, fold?.certainTo ?? snapshot)) throw error;
      }
      fold = undefined;
    }
    throw new StoreError(
      "WF_STORE_UNAVAILABLE",
      `the queue at ${this.#prefix} collects its snapshots faster than this reader can read them`,
    );
  }

  get #isProofDue(): boolean {
    if (this.#unfinished !== undefined || this.fold.isBroken) return true;
    return this.#clock.now() - this.#provenAt >= PROOF_INTERVAL_MS;
  }

  async #load(snapshot: Position | undefined): Promise<Fold> {
    const fold = new Fold(snapshot ?? LOG_START);
    if (snapshot !== undefined) {
      await loadSnapshot(this.#store, this.#prefix, snapshot, fold.state);
    }
    return fold;
  }

  /** The callers' view changes from one whole fold to the next, which is further on. */
  #serve(fold: Fold, provenAt: number): void {
    const isFirst = this.#served === undefined;
    if (!isFirst && fold !== this.#served) this.#segmentSeenAt = this.#clock.now();
    this.#served = fold;
    this.#unfinished = undefined;
    this.#provenAt = provenAt;
  }

  /** Takes all that is listed; gives the time at which that was everything. */
  async #reachEnd(fold: Fold): Promise<number> {
    for (;;) {
      const askedAt = this.#clock.now();
      const listed = await this.#list(fold.position);
      await this.#take(fold, listed);
      const rest = listed.filter((place) => comparePositions(place, fold.position) >= 0);
      if (rest.length > 0 && (await this.#holes.isFilled(fold.position, rest))) continue;
      await this.#confirmSeals(fold);
      return askedAt;
    }
  }

  /** Takes slots for as long as there are some, ever more at a time. How many it took. */
  async #takeNext(fold: Fold): Promise<number> {
    let taken = 0;
    for (let width = 1; taken < POLL_MAX_SLOTS; width = Math.min(width * 2, READ_AHEAD)) {
      const { epoch, slot } = fold.position;
      const places = Array.from({ length: width }, (_, index) => ({ epoch, slot: slot + index }));
      const count = await this.#take(fold, places);
      taken += count;
      if (count < width && fold.position.epoch === epoch) break;
    }
    return taken;
  }

  /** Takes the slots at `places`, which are ascending, until one of them is not the next. How many it took. */
  async #take(fold: Fold, places: readonly Position[]): Promise<number> {
    const ahead: Promise<Uint8Array | undefined>[] = [];
    let taken = 0;
    for (const [index, place] of places.entries()) {
      const order = comparePositions(place, fold.position);
      if (order > 0) break;
      while (ahead.length < READ_AHEAD && index + ahead.length < places.length) {
        const reading = this.#get(places[index + ahead.length] as Position);
        reading.catch(() => {}); // reported where it is awaited
        ahead.push(reading);
      }
      const reading = ahead.shift();
      if (order < 0) continue; // behind the seal of its epoch
      const stored = await reading;
      if (stored === undefined) break;
      await this.#takeSlot(fold, stored);
      taken++;
    }
    return taken;
  }

  async #takeSlot(fold: Fold, stored: Uint8Array): Promise<void> {
    const { position } = fold;
    const key = slotKey(this.#prefix, position.epoch, position.slot);
    const found = decodeSlot(key, stored, position);
    if (found.kind === "seal") return fold.endEpoch(found);
    if (fold !== this.#served) return fold.apply(key, found);
    // What is served must not take anything in by mistake; what is in the making is checked at its end.
    await this.#confirmSeals(fold);
    fold.apply(key, found);
    this.#segmentSeenAt = this.#clock.now();
  }

  async #confirmSeals(fold: Fold): Promise<void> {
    const doubted = fold.certainTo;
    if (doubted === fold.position) return;
    fold.trustSeals(await findSnapshot(this.#store, this.#prefix));
    if (fold.certainTo === fold.position) return;
    const key = slotKey(this.#prefix, doubted.epoch, doubted.slot);
    throw damaged(key, "its slot was collected before this seal was put");
  }

  async #list(from: Position): Promise<Position[]> {
    const places: Position[] = [];
    const startAfter = slotBefore(this.#prefix, from);
    for await (const { key } of this.#store.list(logPrefix(this.#prefix), { startAfter })) {
      const place = parseSlotKey(this.#prefix, key);
      if (place === undefined) throw damaged(key, "it does not belong there");
      places.push(place);
    }
    return places;
  }

  #get({ epoch, slot }: Position): Promise<Uint8Array | undefined> {
    return this.#store.get(slotKey(this.#prefix, epoch, slot));
  }
}

/** Nobody has opened the queue, unless something is there all the same. */
async function noEpoch(store: ObjectStore, prefix: string): Promise<Error> {
  for await (const { key } of store.list(`${prefix}/`)) {
    return damaged(epochKey(prefix, 1), `it is missing, and ${key} shows that it was there`);
  }
  return new StoreError(
    "WF_STORE_NOT_INITIALIZED",
    `there is no queue at ${prefix} yet: its first owner makes it, by ObjectStoreQueue.open`,
    { key: epochKey(prefix, 1) },
  );
}
