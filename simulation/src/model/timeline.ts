import type { Moment } from "../world/world.ts";
import type { Group } from "./group.ts";

interface Version<T> {
  readonly group: Group;
  readonly value: T;
}

/** When each group can and must have been seen. */
export class Visibility {
  readonly #sureFrom: number[];

  /** @param groups all, in their order */
  constructor(groups: readonly Group[]) {
    this.#sureFrom = groups.map(() => Number.POSITIVE_INFINITY);
    let sure = Number.POSITIVE_INFINITY;
    let epoch = Number.POSITIVE_INFINITY;
    for (const group of groups.toReversed()) {
      if (group.slot.epoch !== epoch) sure = Number.POSITIVE_INFINITY;
      epoch = group.slot.epoch;
      if (group.isEarly) {
        // It was applied before it was written.
        this.#sureFrom[group.index] = group.slot.landed.tick;
        continue;
      }
      // What was answered was applied, and all before it in its epoch.
      const { call } = group;
      if (call?.settled !== undefined && call.error === undefined) {
        sure = Math.min(sure, call.settled.tick);
      }
      this.#sureFrom[group.index] = sure;
    }
  }

  sureFrom(group: Group): number {
    return this.#sureFrom[group.index] as number;
  }

  /** Whether somebody who has that epoch open may see it by then. */
  isPossible(group: Group, epoch: number, by: number): boolean {
    if (group.slot.epoch > epoch) return false;
    return group.slot.epoch < epoch || group.isEarly || group.slot.durableAt <= by;
  }

  /** Whether somebody who has that epoch open cannot but see it from then on. */
  isSure(group: Group, epoch: number, from: number): boolean {
    if (group.slot.epoch > epoch) return false;
    return group.slot.epoch < epoch || this.sureFrom(group) < from;
  }
}

/** What one thing was, from one change to the next. */
export class Timeline<T> {
  readonly #first: T;
  readonly #versions: Version<T>[] = [];

  constructor(first: T) {
    this.#first = first;
  }

  add(group: Group, value: T): void {
    this.#versions.push({ group, value });
  }

  /** What an owner of that epoch may have seen between two moments, newest first. */
  possible(visibility: Visibility, epoch: number, begun: Moment, settled: Moment): T[] {
    const values: T[] = [];
    for (let index = this.#versions.length - 1; index >= 0; index--) {
      const { group, value } = this.#versions[index] as Version<T>;
      if (visibility.isPossible(group, epoch, settled.tick)) values.push(value);
      if (visibility.isSure(group, epoch, begun.tick)) return values;
    }
    values.push(this.#first);
    return values;
  }
}

/** Timelines by name, each of which begins with the same. */
export class Timelines<T> {
  readonly #lines = new Map<string, Timeline<T>>();
  readonly #first: T;

  constructor(first: T) {
    this.#first = first;
  }

  get names(): Iterable<string> {
    return this.#lines.keys();
  }

  of(name: string): Timeline<T> {
    const known = this.#lines.get(name);
    if (known !== undefined) return known;
    const added = new Timeline<T>(this.#first);
    this.#lines.set(name, added);
    return added;
  }
}
