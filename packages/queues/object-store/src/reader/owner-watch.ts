import type { Clock, ObjectStore } from "@wf/core";
import type { Owner } from "../layout/epoch-object.ts";
import { decodeHeartbeat } from "../layout/heartbeat-object.ts";
import { heartbeatKey } from "../layout/keys.ts";
import { BeatWatch } from "../liveness/beat-watch.ts";
import type { Liveness } from "../liveness/liveness.ts";
import { newestEpoch, readEpoch } from "../log/take-epoch.ts";
import type { LogFollower } from "./log-follower.ts";

/** Finds out who owns the queue, and whether that one is at work. */
export class OwnerWatch {
  readonly #store: ObjectStore;
  readonly #prefix: string;
  readonly #clock: Clock;
  readonly #follower: LogFollower;
  readonly #beats = new BeatWatch();
  #owner: Owner | undefined;

  constructor(store: ObjectStore, prefix: string, clock: Clock, follower: LogFollower) {
    this.#store = store;
    this.#prefix = prefix;
    this.#clock = clock;
    this.#follower = follower;
  }

  /** To be asked once the follower has looked at everything: an end that it has not read is not known here. */
  async liveness(): Promise<Liveness> {
    const owner = await this.#newestOwner();
    const { lastEnd } = this.#follower.fold;
    if (lastEnd?.epoch === owner.epoch && lastEnd.sealedBy === owner.epoch) {
      return { state: "closed", owner };
    }
    const key = heartbeatKey(this.#prefix, owner.epoch);
    const askedAt = this.#clock.now();
    const stored = await this.#store.get(key);
    if (stored === undefined) {
      return { state: "unknown", owner, lastSegmentSeenAt: this.#follower.segmentSeenAt };
    }
    const lastBeat = decodeHeartbeat(key, stored, owner.epoch);
    return { ...this.#beats.judge(lastBeat, askedAt), owner, lastBeat };
  }

  async #newestOwner(): Promise<Owner> {
    const known = this.#owner?.epoch ?? this.#follower.fold.knownEpoch;
    const epoch = await newestEpoch(this.#store, this.#prefix, known);
    if (this.#owner?.epoch !== epoch) {
      this.#owner = await readEpoch(this.#store, this.#prefix, epoch);
    }
    return this.#owner as Owner;
  }
}
