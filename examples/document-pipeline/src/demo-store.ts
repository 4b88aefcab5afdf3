import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { WfError } from "@wf/core";
import { openStore, storeUrlBelow } from "@wf/example-store-url";
import { UsageError } from "./demo-error.ts";

const REMOVED_AT_ONCE = 1_000;

/** Where the demo's runs keep everything: below a fresh name in the user's store, or in its own directory. */
export class DemoStore implements AsyncDisposable {
  readonly #url: string;
  readonly #isBorrowed: boolean;

  private constructor(url: string, isBorrowed: boolean) {
    this.#url = url;
    this.#isBorrowed = isBorrowed;
  }

  /** @throws UsageError where the user's store cannot be used */
  static async open(url: string | undefined, directory: string): Promise<DemoStore> {
    if (url === undefined) return new DemoStore(pathToFileURL(directory).href, false);
    const own = storeUrlBelow(url, `demo-${randomUUID()}`);
    try {
      await (await openStore(own)).get("probe");
    } catch (error) {
      if (error instanceof WfError) throw new UsageError(error.message);
      throw error;
    }
    // Without its query, which may hold a secret.
    console.log(`everything is kept below ${own.split("?")[0]}, and removed at the end`);
    return new DemoStore(own, true);
  }

  /** Of the store for one run of the pipeline. */
  urlOf(name: string): string {
    return storeUrlBelow(this.#url, path.posix.join(name, "store"));
  }

  /** Leaves nothing behind in a store that is the user's. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isBorrowed) return;
    const store = await openStore(this.#url);
    const keys: string[] = [];
    for await (const { key } of store.list("")) keys.push(key);
    for (let i = 0; i < keys.length; i += REMOVED_AT_ONCE) {
      await store.delete(keys.slice(i, i + REMOVED_AT_ONCE));
    }
    // A directory keeps its own.
    if (!this.#url.startsWith("file:")) return;
    await rm(fileURLToPath(this.#url), { recursive: true, force: true });
  }
}
