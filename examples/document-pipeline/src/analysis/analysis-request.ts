/** What the analysis service is asked about one section. */
export interface AnalysisRequest {
  readonly document: string;
  readonly section: number;
  readonly text: string;
}

/** Says which start of the worker process is asking, for the service's ledger. */
export const INCARNATION_HEADER = "worker-incarnation";

/** Names the call: the same whenever the same section of the same document is asked about. */
export function callKey(document: string, section: number): string {
  return `${document}/${section}`;
}
