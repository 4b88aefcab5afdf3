import type { JobRecord } from "./job-record.ts";

/** A power of two. */
const SHARDS = 256;

/**
 * The jobs by id, spread over many maps: a map that grows or is cleaned up is rebuilt as a whole, which with a
 * million entries stops the process for a tenth of a second.
 */
export class JobTable {
  readonly #shards = Array.from({ length: SHARDS }, () => new Map<string, JobRecord>());
  #size = 0;
  #bytes = 0;

  get size(): number {
    return this.#size;
  }

  /** About how many bytes the jobs take in a snapshot. */
  get bytes(): number {
    return this.#bytes;
  }

  has(id: string): boolean {
    return this.#shardOf(id).has(id);
  }

  get(id: string): JobRecord | undefined {
    return this.#shardOf(id).get(id);
  }

  /** @throws RangeError where the id is in use */
  add(job: JobRecord): void {
    const shard = this.#shardOf(job.id);
    const before = shard.size;
    shard.set(job.id, job);
    if (shard.size === before) throw new RangeError(`job ${job.id} is there a second time`);
    this.#size++;
    this.#bytes += job.bytes;
  }

  delete(job: JobRecord): void {
    if (!this.#shardOf(job.id).delete(job.id)) return;
    this.#size--;
    this.#bytes -= job.bytes;
  }

  /** In no order, and safe against changes while it is walked. */
  *values(): Generator<JobRecord> {
    for (const shard of this.#shards) yield* shard.values();
  }

  #shardOf(id: string): Map<string, JobRecord> {
    // The end of a generated id differs most from one to the next.
    const last = id.length - 1;
    const hash = id.charCodeAt(last) * 31 + id.charCodeAt(Math.max(last - 1, 0));
    return this.#shards[hash & (SHARDS - 1)] as Map<string, JobRecord>;
  }
}
