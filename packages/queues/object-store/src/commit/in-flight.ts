import type { Effects } from "@wf/core";
import { OpTag } from "../layout/op.ts";
import type { Ticket } from "../log/ticket.ts";
import type { QueueState } from "../state/queue-state.ts";

/**
 * What commits that are decided and not yet durable are about to change. The state shows only what is
 * durable, so a decision that depends on one of these waits until its ticket has settled. Writes that
 * depend on nothing never wait.
 */
export class InFlight {
  readonly #state: QueueState;
  readonly #kv = new Map<string, Ticket>();
  readonly #newJobs = new Map<string, Ticket>();
  readonly #dedup = new Map<string, Ticket>();

  constructor(state: QueueState) {
    this.#state = state;
  }

  mark(ticket: Ticket): void {
    for (const op of ticket.ops) {
      switch (op.tag) {
        case OpTag.put:
        case OpTag.delete:
          this.#kv.set(op.key, ticket);
          break;
        case OpTag.enqueue:
          this.#newJobs.set(op.job.id, ticket);
          if (op.job.dedupKey !== undefined) {
            this.#dedup.set(dedupPlace(op.job.queue, op.job.dedupKey), ticket);
          }
          break;
        default: {
          const job = this.#state.jobs.get(op.id);
          if (job !== undefined) job.busy = ticket;
        }
      }
    }
  }

  /** Takes the marks off again. To be called before the ops are applied, which may remove jobs. */
  clear(ticket: Ticket): void {
    for (const op of ticket.ops) {
      switch (op.tag) {
        case OpTag.put:
        case OpTag.delete:
          if (this.#kv.get(op.key) === ticket) this.#kv.delete(op.key);
          break;
        case OpTag.enqueue:
          this.#newJobs.delete(op.job.id);
          if (op.job.dedupKey !== undefined) {
            this.#dedup.delete(dedupPlace(op.job.queue, op.job.dedupKey));
          }
          break;
        default: {
          const job = this.#state.jobs.get(op.id);
          if (job?.busy === ticket) job.busy = undefined;
        }
      }
    }
  }

  /** What a change of this job has to wait for. */
  blockerOfJob(jobId: string): Ticket | undefined {
    return this.#newJobs.get(jobId) ?? this.#state.jobs.get(jobId)?.busy;
  }

  /** What a decision on these effects has to wait for. */
  blockerOf(effects: Effects | undefined): Ticket | undefined {
    if (effects === undefined) return undefined;
    for (const key of Object.keys(effects.expect ?? {})) {
      const ticket = this.#kv.get(key);
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
    return this.#dedup.get(dedupPlace(queue, dedupKey)) ?? holder?.busy;
  }
}

function dedupPlace(queue: string, dedupKey: string): string {
  return `${queue}\0${dedupKey}`;
}
