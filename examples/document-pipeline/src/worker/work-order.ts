import type { SourceDocument } from "../documents/documents.ts";

/** What the supervisor tells a worker process at its start, as JSON in a file named by its argument. */
export interface WorkOrder {
  readonly documents: readonly SourceDocument[];
  readonly serviceUrl: string;
  /** Of the object store that holds everything wf keeps. */
  readonly storeUrl: string;
  /** Where the queue is; in the object store without it. */
  readonly postgres: PostgresPlace | undefined;
  readonly journalPath: string;
  readonly reportsDirectory: string;
}

export interface PostgresPlace {
  readonly connectionString: string;
  readonly schema: string;
}

/** Steps that one worker process has under way at most. */
export const CONCURRENT_STEPS = 8;
/** Sections that one step has under way at most. */
export const CONCURRENT_SECTIONS = 2;
/** So many calls can be in flight when a worker is killed, and no more. */
export const MAX_CALLS_IN_FLIGHT = CONCURRENT_STEPS * CONCURRENT_SECTIONS;
