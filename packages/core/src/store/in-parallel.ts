import { checkInteger } from "../queue/checks.ts";

/** The items in arrays of `size`, the last of which may have fewer. @throws WF_INVALID_ARGUMENT */
export function batchesOf<T>(items: readonly T[], size: number): T[][] {
  checkInteger(size, "size", 1, Number.MAX_SAFE_INTEGER);
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, i) => items.slice(i * size, (i + 1) * size));
}

/**
 * Acts on all items, at most `limit` at a time. After a failure no further item begins, and what is under way
 * ends first: then the first failure is thrown.
 *
 * @throws WF_INVALID_ARGUMENT where `limit` is none from 1: nothing would be done
 */
export async function inParallel<T>(
  items: readonly T[],
  limit: number,
  act: (item: T) => Promise<void>,
): Promise<void> {
  checkInteger(limit, "limit", 1, Number.MAX_SAFE_INTEGER);
  // One iterator that all share: each takes the next item.
  const rest = items.values();
  let failure: { readonly reason: unknown } | undefined;
  const work = async () => {
    for (const item of rest) {
      if (failure !== undefined) return;
      try {
        await act(item);
      } catch (reason) {
        failure ??= { reason };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, work));
  if (failure !== undefined) throw failure.reason;
}
