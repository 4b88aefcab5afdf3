import { StoreError } from "../errors.ts";
import { isObjectKey, MAX_KEY_BYTES } from "./object-key.ts";
import type { ListOptions, ObjectMeta } from "./object-store.ts";

/** What {@link listByPages} is to list. */
export interface Listing extends ListOptions {
  /** The caller's, any string. */
  readonly prefix: string;
  /** For the message: "list s3://bucket/a/". */
  readonly what: string;
  /** What to do where the store does not list in the order of the keys, for the message. */
  readonly orderAdvice: string;
}

/** What to ask a store for. */
export interface ListQuery {
  /** The caller's, which some key can start with. */
  readonly prefix: string;
  /**
   * No object before this is needed. It is as much of the caller's as a key can start with; a store that leaves
   * it out, or takes it for included, lists more and no less.
   */
  readonly startAfter: string | undefined;
  /** Of the page before; undefined for the first one. */
  readonly token: string | undefined;
}

/** What a store has answered to a {@link ListQuery}. */
export interface ListedPage {
  /** In the order in which they came, named without the store's prefix. */
  readonly objects: readonly ObjectMeta[];
  /** Asks for the next page. Undefined after the last one; also an empty page may have one. */
  readonly token: string | undefined;
}

/**
 * A listing as `ObjectStore` promises it, of a store that lists page by page. A page is fetched when the
 * listing comes to it. Names that are no keys, and keys that were not asked for, are left out. Nothing is
 * fetched where there can be no such key.
 *
 * @throws WF_STORE_UNSUPPORTED where the objects do not come in the order of their keys
 * @throws `listing.signal.reason`; what `fetchPage` throws
 */
export async function* listByPages(
  listing: Listing,
  fetchPage: (query: ListQuery) => Promise<ListedPage>,
): AsyncGenerator<ObjectMeta> {
  const { prefix, startAfter = "", signal } = listing;
  signal?.throwIfAborted();
  if (!canStartKey(prefix) || (startAfter > prefix && !startAfter.startsWith(prefix))) return;
  const start = keyStartOf(startAfter);
  let last = "";
  let token: string | undefined;
  do {
    const page = await fetchPage({ prefix, startAfter: start > prefix ? start : undefined, token });
    for (const object of page.objects) {
      const { key } = object;
      if (!isObjectKey(key)) continue;
      if (key <= last) throw outOfOrder(listing, last, key);
      last = key;
      if (!key.startsWith(prefix) || key <= startAfter) continue;
      signal?.throwIfAborted();
      yield object;
    }
    token = page.token;
  } while (token !== undefined);
}

/** Stores may refuse a prefix that no key has. */
function canStartKey(prefix: string): boolean {
  return isObjectKey(prefix) || isObjectKey(`${prefix}x`);
}

/** Stores may refuse what no key has. */
function keyStartOf(text: string): string {
  const [start = ""] = /^[A-Za-z0-9._=/-]*/.exec(text) ?? [];
  return start.slice(0, MAX_KEY_BYTES);
}

function outOfOrder({ what, orderAdvice }: Listing, last: string, key: string): StoreError {
  return new StoreError(
    "WF_STORE_UNSUPPORTED",
    `${what}: the store lists ${key} after ${last}, so it keeps no order: ${orderAdvice}`,
    { key },
  );
}
