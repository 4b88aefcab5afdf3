import type { Claim } from "@wf/core";
import type { JobAct, KeyValueAct, Settle } from "../plan/plan.ts";
import type { EffectsMaker } from "./effects-maker.ts";
import type { Process } from "./process.ts";
import type { RecordingQueue } from "./recording-queue.ts";

type WorkAct = Extract<JobAct, { do: "work" }>;

/** Does what producers and workers do with a queue. What the queue refuses is in the journal, and no failure here. */
export class JobActs {
  readonly #maker: EffectsMaker;
  readonly #queue: RecordingQueue;
  readonly #process: Process;

  constructor(maker: EffectsMaker, queue: RecordingQueue, process: Process) {
    this.#maker = maker;
    this.#queue = queue;
    this.#process = process;
  }

  async perform(act: JobAct | KeyValueAct): Promise<void> {
    const queue = this.#queue;
    switch (act.do) {
      case "enqueue":
        return await this.#enqueue(act);
      case "commit":
        await this.#maker.look(queue, act.commit);
        return this.#know((await queue.commit(this.#maker.effects(act.commit))).enqueued);
      case "work":
        return await this.#work(act);
      case "cancel_job":
        return await this.#withJob(act.pick, async (jobId) => {
          if (act.effects !== undefined) await this.#maker.look(queue, act.effects);
          await queue.cancel(jobId, act.effects && this.#maker.effects(act.effects));
        });
      case "wake":
        return await this.#withJob(act.pick, async (jobId) => {
          await queue.wake(jobId, this.#maker.value());
        });
      case "requeue":
        return await this.#withJob(act.pick, (jobId) => queue.requeueDead(jobId));
      case "await":
        return await this.#withJob(act.pick, async (jobId) => {
          await queue.waitForCompletion(jobId, { timeout: act.ms });
        });
      case "inspect":
        return await this.#inspect(act.pick, act.queue);
      case "kv":
        return await this.#keyValue(act);
    }
  }

  async #enqueue({ jobs, together }: Extract<JobAct, { do: "enqueue" }>): Promise<void> {
    const requests = jobs.map((job) => this.#maker.request(job));
    if (together) return this.#know(await this.#queue.enqueueMany(requests));
    const results = await Promise.allSettled(
      requests.map(({ queue, payload, ...options }) =>
        this.#queue.enqueue(queue, payload, options),
      ),
    );
    this.#know(results.flatMap((result) => (result.status === "fulfilled" ? result.value : [])));
  }

  async #work(act: WorkAct): Promise<void> {
    const { queue, max, lease, wait } = act;
    const claims = await this.#queue.claim(queue, { max, lease, wait });
    for (const { job } of claims) this.#maker.know(job.id);
    if (act.ms > 0) await this.#process.clock.sleep(act.ms);
    await Promise.allSettled(claims.map((claim) => this.#settle(claim, act, act.settle)));
  }

  async #settle(claim: Claim, act: WorkAct, settle: Settle): Promise<void> {
    const queue = this.#queue;
    const maker = this.#maker;
    const { clock } = this.#process;
    switch (settle) {
      case "ack":
        await queue.ack(claim);
        return;
      case "ack_effects":
        await maker.look(queue, act.effects);
        return this.#know((await queue.ack(claim, maker.effects(act.effects))).enqueued);
      case "nack": {
        const { retryAfter } = act;
        await queue.nack(claim, "not now", {
          ...(retryAfter === undefined ? {} : { retryAfter }),
          ...(act.ms === 0 ? {} : { onDead: maker.onDead(act.effects) }),
        });
        return;
      }
      case "dead":
        await queue.deadLetter(
          claim,
          "useless",
          act.ms === 0 ? undefined : maker.onDead(act.effects),
        );
        return;
      case "late":
        await clock.sleep(act.lease + 1);
        await queue.ack(claim);
        return;
      case "twice":
        await Promise.allSettled([queue.ack(claim), queue.nack(claim, "after all not")]);
        return;
      case "extend":
        await claim.ensureLease(act.lease);
        await clock.sleep(act.lease + 1_000);
        await queue.ack(claim);
        return;
      case "forget":
    }
  }

  async #inspect(pick: number, queue: string): Promise<void> {
    const { inspect } = this.#queue;
    await this.#withJob(pick, async (jobId) => {
      await inspect.getJob(jobId);
    });
    const states = ["pending", "scheduled", "claimed", "done", "dead"] as const;
    await inspect.listJobs(queue, states[pick % states.length] as "pending", { limit: 1_000 });
  }

  async #keyValue({ call, key, be }: KeyValueAct): Promise<void> {
    const { kv } = this.#queue;
    if (be === "seen") this.#maker.seen.set(key, await kv.get(key));
    const expected = this.#maker.expected(key, be);
    switch (call) {
      case "put":
        return await kv.put(key, this.#maker.value());
      case "delete":
        return await kv.delete(key);
      case "compareAndPut":
        await kv.compareAndPut(key, expected, this.#maker.value());
        return;
      case "compareAndDelete":
        await kv.compareAndDelete(key, expected ?? Buffer.from("never written"));
        return;
      case "scan":
        await kv.scan("k", { limit: 2 });
    }
  }

  async #withJob(pick: number, act: (jobId: string) => Promise<void>): Promise<void> {
    const jobId = this.#maker.pickJob(pick);
    if (jobId !== undefined) await act(jobId);
  }

  #know(enqueued: readonly { readonly id: string }[]): void {
    for (const { id } of enqueued) this.#maker.know(id);
  }
}
