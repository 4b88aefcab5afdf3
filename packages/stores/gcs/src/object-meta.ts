import type { ObjectMeta } from "@wf/core";
import { checkObjectKey } from "@wf/core/adapter";
import type { ListItem } from "./bucket-api.ts";

/** What a listing says of an object whose name starts with `root`; undefined where the rest is no key. */
export function objectMeta(item: ListItem, root: string): ObjectMeta | undefined {
  const key = item.name.slice(root.length);
  if (!isObjectKey(key)) return undefined;
  // biome-ignore lint/style/noRestrictedGlobals: it parses a date and reads no clock
  return { key, size: Number(item.size), lastModified: Date.parse(item.timeCreated) };
}

function isObjectKey(name: string): boolean {
  try {
    checkObjectKey(name);
    return true;
  } catch {
    return false;
  }
}
