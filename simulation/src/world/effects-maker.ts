import type { Effects, EnqueueRequest, Queue } from "@wf/core";
import type { CommitSpec, JobSpec } from "../plan/plan.ts";
import { encodePayload, type JobPayload } from "./job-payload.ts";

/** Jobs that count as the last. */
const RECENT = 5;

/** Makes what a plan describes into what the queue takes, with values that nobody else writes. */
export class EffectsMaker {
  /** What each key was seen to hold last. */
  readonly seen = new Map<string, Uint8Array | undefined>();
  /** Ids of jobs, in the order in which they became known. */
  readonly jobIds: string[] = [];
  readonly #knownIds = new Set<string>();
  #names = 0;

  value(): Uint8Array {
    return Buffer.from(`v${++this.#names}`);
  }

  request(spec: JobSpec): EnqueueRequest {
    const { queue, bytes, script, onDead, ...options } = spec;
    const payload: JobPayload = { name: `j${++this.#names}`, script };
    return {
      ...options,
      queue,
      payload: encodePayload(payload, bytes),
      onDead: onDead && this.onDead(onDead),
    };
  }

  effects(spec: CommitSpec): Effects {
    return {
      expect: Object.fromEntries(spec.expect.map(({ key, be }) => [key, this.expected(key, be)])),
      enqueue: spec.enqueue.map((job) => this.request(job)),
      wake: spec.wake.flatMap((pick) => {
        const jobId = this.pickJob(pick);
        return jobId === undefined ? [] : [{ jobId, payload: this.value() }];
      }),
      put: Object.fromEntries(spec.put.map((key) => [key, this.value()])),
      delete: spec.delete,
    };
  }

  /** As {@link effects}, of what may go with a job. */
  onDead(spec: CommitSpec): Effects {
    const { enqueue, put, delete: deletes } = this.effects(spec);
    return { enqueue, put, delete: deletes };
  }

  expected(key: string, be: "seen" | "absent" | "other"): Uint8Array | undefined {
    if (be === "absent") return undefined;
    return be === "seen" ? this.seen.get(key) : Buffer.from("never written");
  }

  /** Looks at the keys that are expected to be as they were seen. */
  async look(queue: Queue, spec: CommitSpec): Promise<void> {
    for (const { key, be } of spec.expect) {
      if (be === "seen") this.seen.set(key, await queue.kv.get(key));
    }
  }

  know(jobId: string): void {
    if (this.#knownIds.has(jobId)) return;
    this.#knownIds.add(jobId);
    this.jobIds.push(jobId);
  }

  /** Often one of the last, as most of the others have ended. */
  pickJob(pick: number): string | undefined {
    const choice = pick % 3 === 0 ? this.jobIds : this.jobIds.slice(-RECENT);
    return choice[pick % Math.max(choice.length, 1)];
  }
}
