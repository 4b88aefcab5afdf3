import type { PutOptions } from "@wf/core";
import { MemoryObjectStore } from "@wf/testing";
import { describe, expect, it } from "vitest";
import { ObjectStoreQueue } from "../object-store-queue.ts";

/** Takes the condition and ignores it, as some stores that call themselves S3-compatible do. */
class TrustingObjectStore extends MemoryObjectStore {
  override put(key: string, body: Uint8Array, options: PutOptions = {}): Promise<void> {
    return super.put(key, body, { signal: options.signal });
  }
}

/** Finds its own earlier try there, as after an answer that was lost: the store is a good one. */
class ForgetfulObjectStore extends MemoryObjectStore {
  override async put(key: string, body: Uint8Array, options: PutOptions = {}): Promise<void> {
    if (options.ifAbsent && (await this.get(key)) === undefined) await super.put(key, body);
    return super.put(key, body, options);
  }
}

describe("opening a queue", () => {
  it("refuses a store that ignores create-if-absent, before it looks at the log", async () => {
    const store = new TrustingObjectStore();
    await expect(ObjectStoreQueue.open(store, { prefix: "q" })).rejects.toMatchObject({
      code: "WF_STORE_UNSUPPORTED",
      key: expect.stringContaining("q/"),
      message: expect.stringContaining("create-if-absent"),
    });
    const keys: string[] = [];
    for await (const { key } of store.list("")) keys.push(key);
    expect(keys).toHaveLength(1);
  });

  it("trusts a store on which the first answer to a create was lost", async () => {
    const queue = await ObjectStoreQueue.open(new ForgetfulObjectStore(), { prefix: "q" });
    await queue.close();
  });
});
