import { type ConformanceRunner, checkSuite } from "./conformance-runner.ts";
import { ABORT_CASES } from "./object-store/abort-cases.ts";
import { CONSISTENCY_CASES } from "./object-store/consistency-cases.ts";
import { CREATE_CASES } from "./object-store/create-cases.ts";
import { DELETE_CASES } from "./object-store/delete-cases.ts";
import { FAULT_CASES } from "./object-store/fault-cases.ts";
import { KEY_CASES } from "./object-store/key-cases.ts";
import { LIST_CASES } from "./object-store/list-cases.ts";
import type { ObjectStoreCase } from "./object-store/object-store-case.ts";
import type { ObjectStoreSubject } from "./object-store/object-store-subject.ts";
import { PAGING_CASES } from "./object-store/paging-cases.ts";
import { PUT_CASES } from "./object-store/put-cases.ts";
import { RANGE_CASES } from "./object-store/range-cases.ts";
import { ROUND_TRIP_CASES } from "./object-store/round-trip-cases.ts";
import { checkSubject, runObjectStoreCase } from "./object-store/run-case.ts";

/** Every case, by area. Ids are permanent: a case that is dropped leaves a gap. */
export const OBJECT_STORE_CASES: readonly ObjectStoreCase[] = [
  ...ROUND_TRIP_CASES,
  ...RANGE_CASES,
  ...PUT_CASES,
  ...CREATE_CASES,
  ...DELETE_CASES,
  ...KEY_CASES,
  ...LIST_CASES,
  ...PAGING_CASES,
  ...CONSISTENCY_CASES,
  ...ABORT_CASES,
  ...FAULT_CASES,
];

/**
 * Proves that a store keeps the contract of `ObjectStore`: one call in a test file.
 *
 * @example
 * objectStoreConformance({ describe, it }, { name: "memory", open: () => ({ store: new MemoryObjectStore() }) });
 *
 * @throws WF_INVALID_ARGUMENT for a setting of the subject out of its bounds, or a known gap in no case
 */
export function objectStoreConformance(
  runner: ConformanceRunner,
  subject: ObjectStoreSubject,
): void {
  checkSuite(runner, subject);
  checkSubject(subject, OBJECT_STORE_CASES);
  runner.describe(`${subject.name} conforms to ObjectStore`, () => {
    for (const objectStoreCase of OBJECT_STORE_CASES) {
      if (subject.isLocal && objectStoreCase.needsFaults) continue;
      const { id, title } = objectStoreCase;
      const gap = subject.knownGaps?.[id];
      const note = gap === undefined ? "" : ` (known gap: ${gap})`;
      runner.it(`${id}: ${title}${note}`, async (...[test]) => {
        const leftOut = await runObjectStoreCase(objectStoreCase, subject);
        if (leftOut !== undefined) test?.skip(leftOut);
      });
    }
  });
}
