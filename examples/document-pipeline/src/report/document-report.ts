import {
  readingSeconds,
  type Term,
  type TextAnalysis,
  topTerms,
} from "../analysis/text-analysis.ts";

/** What the pipeline found out about one document. Holds no times, so that two runs can be compared. */
export interface DocumentReport {
  readonly id: string;
  readonly name: string;
  readonly title: string;
  readonly words: number;
  readonly readingSeconds: number;
  readonly terms: readonly Term[];
  readonly summary: string;
  readonly sections: readonly SectionReport[];
}

export interface SectionReport {
  /** Empty for what stands before the first heading. */
  readonly heading: string;
  /** 1 to 3; 0 without a heading. */
  readonly level: number;
  readonly analysis: TextAnalysis;
}

/** Puts the answers about the sections together. */
export function assembleReport(
  { id, name, title }: Pick<DocumentReport, "id" | "name" | "title">,
  sections: readonly SectionReport[],
): DocumentReport {
  const words = sections.reduce((sum, { analysis }) => sum + analysis.words, 0);
  return {
    id,
    name,
    title,
    words,
    readingSeconds: readingSeconds(words),
    terms: topTerms(addUpTerms(sections)),
    summary: longest(sections)?.analysis.summary ?? "",
    sections,
  };
}

function addUpTerms(sections: readonly SectionReport[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { analysis } of sections) {
    for (const { term, count } of analysis.terms) counts.set(term, (counts.get(term) ?? 0) + count);
  }
  return counts;
}

function longest(sections: readonly SectionReport[]): SectionReport | undefined {
  return sections.reduce<SectionReport | undefined>(
    (best, section) => (best && best.analysis.words >= section.analysis.words ? best : section),
    undefined,
  );
}
