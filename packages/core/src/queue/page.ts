import { WfError } from "../errors.ts";

/** Part of a listing. Only a missing `next` means the end; a page may be short. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Pass it as `after` for the next page. Stays valid when what it points at is gone. */
  readonly next: string | undefined;
}

export interface PageOptions {
  /** A `next` of the same listing. Default from the start. */
  readonly after?: string | undefined;
  /** 1 to 1000. Default 100. */
  readonly limit?: number | undefined;
}

export const DEFAULT_PAGE_LIMIT = 100;
export const MAX_PAGE_LIMIT = 1_000;

/** @throws WF_INVALID_ARGUMENT */
export function pageLimit(page: PageOptions | undefined): number {
  const limit = page?.limit ?? DEFAULT_PAGE_LIMIT;
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE_LIMIT) {
    throw new WfError(
      "WF_INVALID_ARGUMENT",
      `limit is ${limit}: a page holds 1 to ${MAX_PAGE_LIMIT} entries`,
    );
  }
  return limit;
}
