import assert from "node:assert/strict";
import { describeError, WfError } from "@wf/core";
import { checkBoolean, checkInteger, checkObject, show } from "@wf/core/adapter";
import { type ObjectStoreCase, type ObjectStoreWorld, turns } from "./object-store-case.ts";
import type { ObjectStoreSubject, OpenedObjectStore } from "./object-store-subject.ts";

const DEFAULT_PAGE_SIZE = 1_000;
const DEFAULT_LARGE_BODY_BYTES = 8 * 1_048_576;
/** Turns of the event loop in which a request that should not have been sent reaches whoever counts it. */
const ARRIVAL_TURNS = 100;

/** @throws WF_INVALID_ARGUMENT for a setting out of its bounds, or a gap in no case of `cases` */
export function checkSubject(
  { pageSize, largeBodyBytes, isLocal, knownGaps = {} }: ObjectStoreSubject,
  cases: readonly ObjectStoreCase[],
): void {
  if (pageSize !== undefined) checkInteger(pageSize, "pageSize", 3, 100_000);
  if (largeBodyBytes !== undefined) {
    checkInteger(largeBodyBytes, "largeBodyBytes", 1_048_576, 1_073_741_824);
  }
  if (isLocal !== undefined) checkBoolean(isLocal, "isLocal");
  checkObject(knownGaps, "knownGaps");
  for (const id of Object.keys(knownGaps)) {
    if (cases.some((objectStoreCase) => objectStoreCase.id === id)) continue;
    throw new WfError(
      "WF_INVALID_ARGUMENT",
      `knownGaps names ${show(id)}, which is no case: take it out, or correct it`,
    );
  }
}

/**
 * Runs one case on a store of its own and throws what is wrong.
 *
 * @returns why the case was left out; undefined where it passed
 */
export async function runObjectStoreCase(
  objectStoreCase: ObjectStoreCase,
  subject: ObjectStoreSubject,
): Promise<string | undefined> {
  const gap = subject.knownGaps?.[objectStoreCase.id];
  const opened = await subject.open();
  try {
    if (objectStoreCase.needsFaults && opened.faults === undefined) {
      return "this store has no faults on the way to its server";
    }
    try {
      await objectStoreCase.run(worldOf(opened, subject));
    } catch (error) {
      if (gap === undefined) throw error;
      return `known gap: ${gap} (${describeError(error)})`;
    }
  } finally {
    await opened.close?.();
  }
  assert.equal(gap, undefined, "a known gap is none any more: take it out of knownGaps");
  return undefined;
}

function worldOf(opened: OpenedObjectStore, subject: ObjectStoreSubject): ObjectStoreWorld {
  const { store, faults } = opened;
  return {
    store,
    pageSize: subject.pageSize ?? DEFAULT_PAGE_SIZE,
    largeBodyBytes: subject.largeBodyBytes ?? DEFAULT_LARGE_BODY_BYTES,
    get faults() {
      if (faults === undefined) throw new Error("a case that uses faults has to say needsFaults");
      return faults;
    },
    async sendsNothing(act) {
      const before = faults?.requestCount;
      await act();
      if (before === undefined) return;
      await turns(ARRIVAL_TURNS);
      assert.equal(faults?.requestCount, before, "requests were sent");
    },
  };
}
