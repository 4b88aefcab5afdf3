import type { KeyValueReader } from "@wf/core";
import { fromBytes } from "./json-bytes.ts";

/** Where a document stands, as the pipeline keeps it in wf's key-value store beside the runs. */
export type DocumentState = "submitted" | "analysed" | "reported";

/** Key of the row that holds a document's {@link DocumentState} as JSON; absent before its submission. */
export function documentRow(document: string): string {
  return `document/${document}`;
}

export async function documentState(
  kv: KeyValueReader,
  document: string,
): Promise<DocumentState | undefined> {
  const row = await kv.get(documentRow(document));
  return row && fromBytes(row);
}
