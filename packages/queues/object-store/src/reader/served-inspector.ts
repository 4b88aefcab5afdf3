import {
  type Job,
  type JobAttempt,
  type JobState,
  type Page,
  type PageOptions,
  type QueueInspector,
  type QueueStats,
  WfError,
} from "@wf/core";

/** Serves whichever inspector is the present one. */
export class ServedInspector implements QueueInspector {
  readonly #present: () => QueueInspector;

  constructor(present: () => QueueInspector) {
    this.#present = present;
  }

  getJob(jobId: string): Promise<Job | undefined> {
    return this.#read((inspector) => inspector.getJob(jobId));
  }

  listJobs(queue: string, state: JobState, page?: PageOptions): Promise<Page<Job>> {
    return this.#read((inspector) => inspector.listJobs(queue, state, page));
  }

  async listQueues(): Promise<readonly string[]> {
    return this.#present().listQueues();
  }

  async stats(queue: string): Promise<QueueStats> {
    return this.#present().stats(queue);
  }

  async attempts(jobId: string): Promise<readonly JobAttempt[]> {
    return this.#present().attempts(jobId);
  }

  /** Reads once more where another state has taken the place of the one that a payload was missing for. */
  async #read<T>(read: (inspector: QueueInspector) => Promise<T>): Promise<T> {
    const inspector = this.#present();
    try {
      return await read(inspector);
    } catch (error) {
      const now = this.#present();
      if (now === inspector || !WfError.is(error, "WF_PAYLOAD_MISSING")) throw error;
      return read(now);
    }
  }
}
