/** The suite in the runner of Node itself, for `node-test.test.ts`: over a store that works, or over one that does not. */
import { describe, it } from "node:test";
import { MemoryObjectStore, objectStoreConformance } from "@wf/testing";

class ForgetfulObjectStore extends MemoryObjectStore {
  override put(key: string, body: Uint8Array): Promise<void> {
    return super.put(key, body);
  }
}

const Store = process.env["STORE"] === "forgetful" ? ForgetfulObjectStore : MemoryObjectStore;

objectStoreConformance(
  { describe, it },
  { name: Store.name, pageSize: 3, open: () => ({ store: new Store() }) },
);
