import { type AnalysisRequest, INCARNATION_HEADER } from "./analysis-request.ts";
import type { TextAnalysis } from "./text-analysis.ts";

/** Calls the analysis service. Every call costs money, so it never repeats one by itself. */
export class AnalysisClient {
  readonly #url: string;
  readonly #incarnation: number;

  constructor(url: string, incarnation: number) {
    this.#url = url;
    this.#incarnation = incarnation;
  }

  async analyse(request: AnalysisRequest, signal: AbortSignal): Promise<TextAnalysis> {
    const response = await fetch(this.#url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        [INCARNATION_HEADER]: String(this.#incarnation),
      },
      body: JSON.stringify(request),
      signal,
    });
    if (!response.ok) {
      throw new Error(`the analysis service answered ${response.status}: ${await response.text()}`);
    }
    return (await response.json()) as TextAnalysis;
  }
}
