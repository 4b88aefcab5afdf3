import type { ObjectStore } from "@wf/core";
import type { ConformanceRunner } from "./conformance-runner.ts";
import { OBJECT_STORE_LIST_CASES } from "./object-store-list-cases.ts";
import { OBJECT_STORE_READ_CASES } from "./object-store-read-cases.ts";
import { OBJECT_STORE_WRITE_CASES } from "./object-store-write-cases.ts";

const CASES = [...OBJECT_STORE_READ_CASES, ...OBJECT_STORE_WRITE_CASES, ...OBJECT_STORE_LIST_CASES];

export interface ObjectStoreSubject {
  /** How the store is called in the names of the tests. */
  readonly name: string;
  /** A store that is empty and that no other case uses, and how to dispose of it. Called for every case. */
  open(): Promise<OpenedObjectStore> | OpenedObjectStore;
}

export interface OpenedObjectStore {
  readonly store: ObjectStore;
  close?(): Promise<void> | void;
}

/**
 * Proves that a store keeps the contract of `ObjectStore`: one call in a test file.
 *
 * @example
 * objectStoreConformance({ describe, it }, { name: "memory", open: () => ({ store: new MemoryObjectStore() }) });
 */
export function objectStoreConformance(
  runner: ConformanceRunner,
  subject: ObjectStoreSubject,
): void {
  runner.describe(`${subject.name} conforms to ObjectStore`, () => {
    for (const { id, title, run } of CASES) {
      runner.it(`${id}: ${title}`, async () => {
        const { store, close } = await subject.open();
        try {
          await run(store);
        } finally {
          await close?.();
        }
      });
    }
  });
}
