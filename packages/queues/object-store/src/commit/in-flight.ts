import type { Effects } from "@wf/core";
import { OpTag } from "../layout/op.ts";
import type { Ticket } from "../log/ticket.ts";
import type { QueueState } from "../state/queue-state.ts";
import { dedupPlace } from "./dedup-place.ts";

/** What the commits of one segment are about to change. */
class Marks {
  readonly kv = new Map<string, Ticket>();
  readonly newJobs = new Map<string, Ticket>();
  readonly dedup = new Map<string, Ticket>();
}

/**
 * What commits that are decided and not yet durable are about to change. The state shows only what is
 * durable, so a decision that depends on one of these waits until its ticket has settled. Writes that
 * depend on nothing never wait.
 *
 * Marks are kept by segment and dropped with it: entries that came and went in maps that stay would keep
 * every ticket alive until a full garbage collection.
 */
export class InFlight {
  readonly #state: QueueState;
  /** Of the segments that are not durable, oldest first; the last is the open one. */
  readonly #segments = [new Marks()];

  constructor(state: QueueState) {
    this.#state = state;
  }

  /** What is marked from now on is in the next segment. */
  cut(): void {
    this.#segments.push(new Marks());
  }

  /** The oldest segment is durable. To be called before its ops are applied, which may remove jobs. */
  settle(tickets: readonly Ticket[]): void {
    this.#segments.shift();
    for (const ticket of tickets) {
      for (const op of ticket.ops) {
        if (!("id" in op)) continue;
        const job = this.#state.jobs.get(op.id);
        if (job?.busy === ticket) job.busy = undefined;
      }
    }
  }

  mark(ticket: Ticket): void {
    const { kv, newJobs, dedup } = this.#segments.at(-1) as Marks;
    for (const op of ticket.ops) {
      switch (op.tag) {
        case OpTag.put:
        case OpTag.delete:
          kv.set(op.key, ticket);
          break;
        case OpTag.enqueue:
          newJobs.set(op.job.id, ticket);
          if (op.job.dedupKey !== undefined) {
            dedup.set(dedupPlace(op.job.queue, op.job.dedupKey), ticket);
          }
          break;
        default: {
          const job = this.#state.jobs.get(op.id);
          if (job !== undefined) job.busy = ticket;
        }
      }
    }
  }

  /** What a change of this job has to wait for. */
  blockerOfJob(jobId: string): Ticket | undefined {
    return this.#newest("newJobs", jobId) ?? this.#state.jobs.get(jobId)?.busy;
  }

  /** What a decision on these effects has to wait for. */
  blockerOf(effects: Effects | undefined): Ticket | undefined {
    if (effects === undefined) return undefined;
    for (const key of Object.keys(effects.expect ?? {})) {
      const ticket = this.#newest("kv", key);
      if (ticket !== undefined) return ticket;
    }
    for (const { queue, id, dedupKey } of effects.enqueue ?? []) {
      const ticket =
        (id === undefined ? undefined : this.blockerOfJob(id)) ??
        (dedupKey === undefined ? undefined : this.#blockerOfDedup(queue, dedupKey));
      if (ticket !== undefined) return ticket;
    }
    for (const { jobId } of effects.wake ?? []) {
      const ticket = this.blockerOfJob(jobId);
      if (ticket !== undefined) return ticket;
    }
    return undefined;
  }

  #blockerOfDedup(queue: string, dedupKey: string): Ticket | undefined {
    const holder = this.#state.queues.get(queue)?.dedup.get(dedupKey);
    return this.#newest("dedup", dedupPlace(queue, dedupKey)) ?? holder?.busy;
  }

  #newest(kind: keyof Marks, name: string): Ticket | undefined {
    for (let index = this.#segments.length - 1; index >= 0; index--) {
      const ticket = (this.#segments[index] as Marks)[kind].get(name);
      if (ticket !== undefined) return ticket;
    }
    return undefined;
  }
}
