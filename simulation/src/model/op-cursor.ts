import { type Op, OpTag } from "../../../packages/queues/object-store/src/layout/op.ts";
import { CALL_TAG } from "../world/recording-queue.ts";
import type { HistorySlot } from "./history.ts";
import { require } from "./violation.ts";

/** Walks over the records of a slot. */
export class OpCursor {
  readonly slot: HistorySlot;
  position = 0;

  constructor(slot: HistorySlot) {
    this.slot = slot;
  }

  get current(): Op | undefined {
    return this.slot.ops[this.position];
  }

  /** The next record, which is of that kind. */
  take<Tag extends Op["tag"]>(tag: Tag, expected: () => string): Extract<Op, { tag: Tag }> {
    const op = this.current;
    require(op?.tag === tag, () =>
      `${this.place}: ${expected()} is not there, but ${this.show(op)}`);
    this.position++;
    return op as Extract<Op, { tag: Tag }>;
  }

  /** The number of the call that the commit at hand is of, by the first mark from here on. */
  findCallNumber(): number | undefined {
    for (let at = this.position; at < this.slot.ops.length; at++) {
      const op = this.slot.ops[at] as Op;
      if (op.tag === OpTag.put && op.key === CALL_TAG) {
        return Number(Buffer.from(op.value).toString());
      }
    }
    return undefined;
  }

  get place(): string {
    return `epoch ${this.slot.epoch}, slot ${this.slot.slot}, record ${this.position}`;
  }

  show(op: Op | undefined): string {
    if (op === undefined) return "nothing";
    const name = Object.entries(OpTag).find(([, tag]) => tag === op.tag)?.[0];
    if ("job" in op) return `${name} of ${op.job.id} in ${op.job.queue}`;
    if ("key" in op) return `${name} of key ${op.key}`;
    return `${name} of ${op.id}`;
  }
}
