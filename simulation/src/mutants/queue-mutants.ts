import { type Mutant, QUEUE } from "./mutant.ts";

/** Bugs of commits, claims and what becomes of jobs. */
export const QUEUE_MUTANTS: readonly Mutant[] = [
  {
    name: "drops the deletes of a commit that has something else to do",
    file: `${QUEUE}/commit/plan.ts`,
    find: "for (const key of effects.delete ?? []) ops.push({ tag: OpTag.delete, key });",
    replace:
      "for (const key of ops.length > 2 ? [] : (effects.delete ?? [])) ops.push({ tag: OpTag.delete, key });",
    caughtBy: { seeds: 50 },
  },
  {
    name: "decides on a key without waiting for what is on its way to it",
    file: `${QUEUE}/commit/in-flight.ts`,
    find: `      const ticket = this.#newest("kv", key);
      if (ticket !== undefined) return ticket;`,
    replace: "      void key;",
    caughtBy: { seeds: 200 },
  },
  {
    name: "gives the same number to two payloads",
    file: `${QUEUE}/payloads/offload.ts`,
    find: "const payloadReference = newReference(this.#epoch, ++this.#written);",
    replace: "const payloadReference = newReference(this.#epoch, Math.min(++this.#written, 4));",
    caughtBy: { seeds: 100 },
  },
  {
    name: "does not check that a claim is still open",
    file: `${QUEUE}/claims/job-claim.ts`,
    find: "    if (this.#end === undefined) return;\n",
    replace: '    if (this.#end !== "settled") return;\n',
    caughtBy: { seeds: 300 },
  },
  {
    name: "frees a dedup key when its job is woken",
    file: `${QUEUE}/state/queue-state.ts`,
    find: "    job.wokenAt = at;\n",
    replace: "    job.wokenAt = at;\n    this.#releaseDedupKey(queue, job);\n",
    caughtBy: { seeds: 1_000 },
  },
  {
    name: "does not count the attempt that is retried",
    file: `${QUEUE}/state/queue-state.ts`,
    find: '    this.#endDelivery(queue, job, at, "retried", error);\n',
    replace: '    this.#endDelivery(queue, job, at, "retried", error);\n    job.attempts--;\n',
    caughtBy: { seeds: 50 },
  },
  {
    name: "a death does nothing when a lease runs out",
    file: `${QUEUE}/queue-owner.ts`,
    find: "await this.die(job, error, undefined, () => {});",
    replace: "await this.die(job, error, {}, () => {});",
    caughtBy: { seeds: 200 },
  },
  {
    name: "serves jobs of one priority in the reverse order",
    file: `${QUEUE}/state/queue-jobs.ts`,
    find: "(a, b) => a.priority - b.priority || compareIds(a, b),",
    replace: "(a, b) => a.priority - b.priority || compareIds(b, a),",
    caughtBy: { seeds: 50 },
  },
  {
    name: "sweeps done jobs before their time",
    file: `${QUEUE}/retention.ts`,
    find: "if (endedAt(job) + after >= now || ops.length === SWEEP_MAX_JOBS) break;",
    replace: "if (endedAt(job) > now || ops.length === SWEEP_MAX_JOBS) break;",
    caughtBy: { seeds: 200 },
  },
  {
    name: "removes the payload of a dead job that is kept",
    file: `${QUEUE}/queue-owner.ts`,
    find: `    if (this.state.jobs.has(job.id)) this.#alarm.set(this.#retention.nextDeadline());
    else if (job`,
    replace: `    this.#alarm.set(this.#retention.nextDeadline());
    if (job`,
    caughtBy: { seeds: 200 },
  },
];
