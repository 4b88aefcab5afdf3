import type { Effects, EnqueueOptions } from "@wf/core";
import type { ByteBudget } from "../log/byte-budget.ts";
import type { Ticket } from "../log/ticket.ts";
import type { Offload } from "../payloads/offload.ts";
import { copyEffects } from "./copy-effects.ts";
import { effectsBytes } from "./effects-size.ts";
import type { InFlight } from "./in-flight.ts";

/** One thing to decide. */
export interface Decision<T> {
  readonly effects: Effects | undefined;
  /** Something beside the effects that it has to wait for; may refuse it by throwing. */
  readonly blocker: () => Ticket | undefined;
  /** Decides at once, on the state as it is. */
  readonly act: (effects: Effects | undefined) => Promise<T>;
  /** Ends the waiting for room. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Lets commits be decided when they can be: while too much is on its way to the store they wait for room,
 * then large payloads are stored, then nothing may be in flight that the decision depends on. What has to
 * wait is copied first, so that it is done as it was asked for.
 */
export class Decisions {
  readonly #inFlight: InFlight;
  readonly #budget: ByteBudget;
  readonly #offload: Offload;
  readonly #checkOpen: () => void;

  constructor(inFlight: InFlight, budget: ByteBudget, offload: Offload, checkOpen: () => void) {
    this.#inFlight = inFlight;
    this.#budget = budget;
    this.#offload = offload;
    this.#checkOpen = checkOpen;
  }

  /** Whether an enqueue has nothing to wait for, whatever is in flight. */
  isSimple(payload: Uint8Array, { id, dedupKey, kv }: EnqueueOptions): boolean {
    if (id !== undefined || dedupKey !== undefined || kv !== undefined) return false;
    return this.#budget.hasRoom && !this.#offload.isLarge(payload);
  }

  /** @throws what the decision throws, or `signal.reason` */
  decide<T>(decision: Decision<T>): Promise<T> {
    this.#checkOpen();
    const { effects, act } = decision;
    if (this.#budget.hasRoom && !this.#offload.isNeeded(effects)) {
      if (this.#blocker(decision) === undefined) return act(effects);
    }
    return this.#decideLater(effects ? { ...decision, effects: copyEffects(effects) } : decision);
  }

  async #decideLater<T>(decision: Decision<T>): Promise<T> {
    const { effects, signal } = decision;
    await this.#budget.admit(() => effectsBytes(effects), signal);
    this.#checkOpen();
    if (effects === undefined || !this.#offload.isNeeded(effects)) return this.#whenFree(decision);
    return this.#offload.commit(effects, (rest) => this.#whenFree({ ...decision, effects: rest }));
  }

  async #whenFree<T>(decision: Decision<T>): Promise<T> {
    for (;;) {
      const ticket = this.#blocker(decision);
      if (ticket === undefined) return decision.act(decision.effects);
      await ticket.promise;
      this.#checkOpen();
    }
  }

  #blocker({ effects, blocker }: Decision<unknown>): Ticket | undefined {
    return blocker() ?? this.#inFlight.blockerOf(effects);
  }
}
