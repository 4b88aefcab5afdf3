import { StoreError, WfError } from "@wf/core";
import { checkObject, checkText, show } from "@wf/core/adapter";
import type { QueueState } from "../state/queue-state.ts";

/** That a queue is on its way to another place, or is there. Stored in the queue itself. */
export interface Departure {
  /** `moving` until the other place has everything, then `moved`. */
  readonly state: "moving" | "moved";
  /** The move's own, the same however often it is run again. */
  readonly id: string;
  /** What the other place is told by, whatever it is called. */
  readonly target: string;
  /** The other place, for people. */
  readonly to: string;
}

/** A KV key, so that it is there once the queue is opened, without another request. */
export const DEPARTURE_KEY = "workflow/moved-to";

export function encodeDeparture({ state, id, target, to }: Departure): Uint8Array {
  return Buffer.from(JSON.stringify({ state, id, target, to }));
}

/** @throws WF_INVALID_ARGUMENT */
export function checkDeparture(departure: Departure): void {
  checkObject(departure, "departure");
  const { state, id, target, to } = departure;
  if (state !== "moving" && state !== "moved") {
    throw new WfError(
      "WF_INVALID_ARGUMENT",
      `departure.state is ${show(state)}: give "moving" or "moved"`,
    );
  }
  for (const [name, value] of Object.entries({ id, target, to })) {
    checkText(value, `departure.${name}`);
  }
}

/** @throws WF_DATA_CORRUPT */
export function decodeDeparture(stored: Uint8Array): Departure {
  let value: Partial<Record<keyof Departure, unknown>> | null = null;
  try {
    value = JSON.parse(Buffer.from(stored).toString());
  } catch {
    // as if it said nothing
  }
  const { state, id, target, to } = value ?? {};
  const isText = [id, target, to].every((each) => typeof each === "string");
  if (isText && (state === "moving" || state === "moved")) return value as Departure;
  throw new StoreError(
    "WF_DATA_CORRUPT",
    `KV key ${DEPARTURE_KEY} says that the queue moves, and what it says makes no sense: only a move writes it`,
    { key: DEPARTURE_KEY },
  );
}

export function departureOf({ kv }: QueueState): Departure | undefined {
  const stored = kv.get(DEPARTURE_KEY);
  return stored && decodeDeparture(stored);
}

/** @throws WF_QUEUE_MOVED where the queue is to run elsewhere */
export function checkStays(state: QueueState, prefix: string): void {
  const departure = departureOf(state);
  if (departure === undefined) return;
  throw new WfError(
    "WF_QUEUE_MOVED",
    departure.state === "moved"
      ? `the queue at ${prefix} was moved to ${departure.to}: open it there, or undo the move`
      : `the queue at ${prefix} is being moved to ${departure.to}: run the move again until it has ended, or undo it`,
  );
}
