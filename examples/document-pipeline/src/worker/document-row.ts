/** Where a document stands, as the pipeline keeps it in wf's key-value store beside the runs. */
export type DocumentState = "submitted" | "analysed" | "reported";

/** Key of the row that holds a document's {@link DocumentState} as JSON; absent before its submission. */
export function documentRow(document: string): string {
  return `document/${document}`;
}
