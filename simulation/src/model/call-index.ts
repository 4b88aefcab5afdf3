import { type Call, type Journal, mayBeRecorded } from "../world/journal.ts";
import type { HistorySlot } from "./history.ts";

/** Finds the call that a record of the log is of. */
export class CallIndex {
  readonly #calls: readonly Call[];
  /** By process, method and what the call is about. */
  readonly #open = new Map<string, Call[]>();

  constructor({ calls }: Journal) {
    this.#calls = calls;
    for (const call of calls) {
      const about = subjectOf(call);
      if (about === undefined) continue;
      const place = placeOf(call.process.number, call.method, about);
      const known = this.#open.get(place);
      if (known === undefined) this.#open.set(place, [call]);
      else known.push(call);
    }
  }

  byNumber(number: number): Call | undefined {
    return this.#calls[number - 1];
  }

  /** Those of the process that wrote the slot, not found elsewhere and not refused, and made before it was written. */
  candidates(slot: HistorySlot, methods: readonly string[], about: string): Call[] {
    return methods.flatMap((method) =>
      (this.#open.get(placeOf(slot.by, method, about)) ?? []).filter(
        (call) => !call.found && call.begun.tick < slot.landed.tick && mayBeRecorded(call),
      ),
    );
  }
}

function placeOf(process: number, method: string, about: string): string {
  return `${process}|${method}|${about}`;
}

function subjectOf({ method, args }: Call): string | undefined {
  switch (method) {
    case "ack":
      return args[0].job.id;
    case "cancel":
    case "requeueDead":
    case "wake":
    case "kv.put":
    case "kv.delete":
    case "kv.compareAndPut":
    case "kv.compareAndDelete":
      return args[0];
    default:
      return undefined;
  }
}
