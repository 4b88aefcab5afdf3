import type { Reach } from "./operation.ts";

/** What operations that are under way read and write, so that others which are in their way can wait. */
export class Traffic {
  readonly #reads = new Map<string, number>();
  readonly #writes = new Map<string, number>();

  add(reach: Reach): void {
    for (const key of reach.kvReads) count(this.#reads, `k${key}`, 1);
    for (const name of written(reach)) count(this.#writes, name, 1);
  }

  remove(reach: Reach): void {
    for (const key of reach.kvReads) count(this.#reads, `k${key}`, -1);
    for (const name of written(reach)) count(this.#writes, name, -1);
  }

  isInWay(reach: Reach): boolean {
    if (this.#writes.size === 0 && this.#reads.size === 0) return false;
    for (const key of reach.kvReads) if (this.#writes.has(`k${key}`)) return true;
    for (const name of written(reach)) {
      if (this.#writes.has(name) || this.#reads.has(name)) return true;
    }
    return false;
  }
}

function* written(reach: Reach): Generator<string> {
  for (const id of reach.jobs()) yield `j${id}`;
  for (const key of reach.kvWrites) yield `k${key}`;
  for (const place of reach.places.keys()) yield `d${place}`;
}

function count(counts: Map<string, number>, name: string, by: 1 | -1): void {
  const next = (counts.get(name) ?? 0) + by;
  if (next === 0) counts.delete(name);
  else counts.set(name, next);
}
