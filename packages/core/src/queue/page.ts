import { checkObject, checkText } from "../argument-checks.ts";
import { checkInteger } from "./checks.ts";

/** Part of a listing. Only a missing `next` means the end; a page may be short. */
export interface Page<T> {
  /** In the order of the listing; possibly none. */
  readonly items: readonly T[];
  /** Pass it as `after` for the next page. Stays valid when what it points at is gone. */
  readonly next: string | undefined;
}

/** Which part of a listing to give. */
export interface PageOptions {
  /** A `next` of the same listing. Default from the start. */
  readonly after?: string | undefined;
  /** 1 to 1000. Default 100. */
  readonly limit?: number | undefined;
}

export const DEFAULT_PAGE_LIMIT = 100;
export const MAX_PAGE_LIMIT = 1_000;

/** The entries that a page may have, once all of `page` is checked. @throws WF_INVALID_ARGUMENT */
export function pageLimit(page: PageOptions = {}): number {
  checkObject(page, "page");
  const { after, limit = DEFAULT_PAGE_LIMIT } = page;
  if (after !== undefined) checkText(after, "after");
  checkInteger(limit, "limit", 1, MAX_PAGE_LIMIT);
  return limit;
}
