import type { JobRecord } from "./job-record.ts";
import { StringTable } from "./string-table.ts";

/** The jobs by id. */
export class JobTable {
  readonly #jobs = new StringTable<JobRecord>((job) => job.id);
  #bytes = 0;

  get size(): number {
    return this.#jobs.size;
  }

  /** About how many bytes the jobs take in a snapshot. */
  get bytes(): number {
    return this.#bytes;
  }

  has(id: string): boolean {
    return this.#jobs.get(id) !== undefined;
  }

  get(id: string): JobRecord | undefined {
    return this.#jobs.get(id);
  }

  /** @throws RangeError where the id is in use */
  add(job: JobRecord): void {
    if (this.#jobs.set(job.id, job) !== undefined) {
      throw new RangeError(`job ${job.id} is there a second time`);
    }
    this.#bytes += job.bytes;
  }

  delete(job: JobRecord): void {
    if (this.#jobs.delete(job.id) !== undefined) this.#bytes -= job.bytes;
  }

  /** In no order. Nothing may change meanwhile. */
  values(): Generator<JobRecord> {
    return this.#jobs.values();
  }
}
