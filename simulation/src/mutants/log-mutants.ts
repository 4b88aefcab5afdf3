import { type Mutant, QUEUE } from "./mutant.ts";

/** Bugs of the log, of taking a queue over, and of collecting what is old. */
export const LOG_MUTANTS: readonly Mutant[] = [
  {
    name: "acknowledges before it is durable",
    file: `${QUEUE}/log/log-writer.ts`,
    find: `    this.#create(position, body)
      .then(() => {`,
    replace: `    void this.#create(position, body).catch((error) => this.#fail(error));
    Promise.resolve()
      .then(() => {`,
    caughtBy: { seeds: 50 },
  },
  {
    name: "acknowledges out of the order of slots",
    file: `${QUEUE}/log/log-writer.ts`,
    find: `    while (this.#inFlight[0]?.durable) {
      const { builder, tickets } = this.#inFlight.shift() as Batch;`,
    replace: `    for (let at = 0; at >= 0; at = this.#inFlight.findIndex((batch) => batch.durable)) {
      if (!this.#inFlight[at]?.durable) continue;
      const { builder, tickets } = this.#inFlight.splice(at, 1)[0] as Batch;`,
    caughtBy: { seeds: 200 },
  },
  {
    name: "forgets the seal when it takes over",
    file: `${QUEUE}/log/replay.ts`,
    find: `    const result = await createObject(this.#store, this.#key(slot), seal);
    return result.created ? undefined : result.existing;`,
    replace: `    void seal;
    return await this.#store.get(this.#key(slot));`,
    caughtBy: { seeds: 50 },
  },
  {
    name: "collects seals with the segments",
    file: `${QUEUE}/snapshot/garbage-collector.ts`,
    find: "if (size !== SEAL_OBJECT_BYTES) yield key;",
    replace: "if (size >= 0) yield key;",
    caughtBy: { seeds: 2_000 },
  },
  {
    name: "does not look for a newer snapshot once it has put a seal",
    file: `${QUEUE}/recover.ts`,
    find: "if (!isNewer(newest, snapshot)) return { ...recovered, epoch, previous };",
    replace: "return { ...recovered, epoch, previous };",
    caughtBy: { seeds: 2_000 },
  },
  {
    name: "trusts the seal of another opener",
    file: `${QUEUE}/log/replay.ts`,
    find: "this.sealed ||= found.sealedBy !== this.#epoch;",
    replace: "",
    caughtBy: { seeds: 4_000 },
  },
  {
    name: "gives one slot to two segments",
    file: `${QUEUE}/log/log-writer.ts`,
    find: "const position = { epoch: this.#options.epoch, slot: this.#nextSlot++ };",
    replace: `const position = { epoch: this.#options.epoch, slot: this.#nextSlot++ };
    if (this.#nextSlot === 9) this.#nextSlot = 8;`,
    caughtBy: { seeds: 50 },
  },
  {
    name: "ignores checksums",
    file: "packages/core/src/store/frame.ts",
    find: "version === 0 || actual !== expected",
    replace: "version === 0",
    caughtBy: { seeds: 1_000 },
  },
  {
    name: "names a snapshot one segment too far on",
    file: `${QUEUE}/snapshot/snapshotter.ts`,
    find: `      this.#options,
      position,
      this.#newestBytes,`,
    replace: `      this.#options,
      { ...position, slot: position.slot + 1 },
      this.#newestBytes,`,
    caughtBy: { seeds: 100 },
  },
  {
    name: "collects one segment too many",
    file: `${QUEUE}/snapshot/garbage-collector.ts`,
    find: "await this.#delete(this.#coveredSegments(older));",
    replace: "await this.#delete(this.#coveredSegments({ ...newest, slot: newest.slot + 1 }));",
    caughtBy: { seeds: 200 },
  },
  {
    name: "a reader trusts the seal of another opener",
    file: `${QUEUE}/reader/log-follower.ts`,
    find: `    const doubted = fold.certainTo;
    if (doubted === fold.position) return;`,
    replace: `    const doubted = fold.certainTo;
    if (doubted !== undefined) return;`,
    caughtBy: { seeds: 2_000 },
  },
  {
    name: "a reader says that it has read what it has not",
    file: `${QUEUE}/reader/object-store-queue-reader.ts`,
    find: "position: fold.certainTo,",
    replace: "position: fold.position,",
    caughtBy: { seeds: 2_000 },
  },
  {
    name: "does not flush the directory of a new object",
    file: "packages/stores/fs/src/object-writer.ts",
    find: "const durable = this.#directories.sync(dirname(write.path));",
    replace: "const durable = Promise.resolve();",
    caughtBy: { test: "packages/stores/fs/src/crash-safety.test.ts" },
  },
];
