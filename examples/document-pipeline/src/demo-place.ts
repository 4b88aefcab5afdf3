import { DemoQueue } from "./demo-queue.ts";
import { DemoStore } from "./demo-store.ts";
import type { WorkOrder } from "./worker/work-order.ts";

/** Where everything is kept, for each of the demo's runs apart; removed at the end where it is the user's. */
export class DemoPlace implements AsyncDisposable {
  readonly #store: DemoStore;
  readonly #queue: DemoQueue;

  private constructor(store: DemoStore, queue: DemoQueue) {
    this.#store = store;
    this.#queue = queue;
  }

  /** @throws UsageError where what the user named cannot be used */
  static async open(
    urls: { readonly store: string | undefined; readonly queue: string | undefined },
    directory: string,
  ): Promise<DemoPlace> {
    const queue = await DemoQueue.open(urls.queue);
    return new DemoPlace(await DemoStore.open(urls.store, directory), queue);
  }

  /** For one run of the pipeline. */
  of(name: string): Pick<WorkOrder, "storeUrl" | "postgres"> {
    return { storeUrl: this.#store.urlOf(name), postgres: this.#queue.placeOf(name) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#store[Symbol.asyncDispose]();
    await this.#queue[Symbol.asyncDispose]();
  }
}
