/** What the paid service answers about one section. */
export interface TextAnalysis {
  readonly words: number;
  readonly readingSeconds: number;
  /** The words that say most, most frequent first. */
  readonly terms: readonly Term[];
  /** One sentence of the text. */
  readonly summary: string;
}

export interface Term {
  readonly term: string;
  readonly count: number;
}

const WORD = /[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*/gu;
const WORDS_PER_MINUTE = 220;
const TERMS = 5;
const SUMMARY_CANDIDATES = 30;
const SUMMARY_MAX_LENGTH = 180;
const STOP_WORDS = new Set(
  (
    "about after again also although always and another any are because been before being below between both but can com " +
    "cannot could default did does doing done each either else etc even every example false for from get give given " +
    "had has have having here how however http https into its itself just like made make many may might more most " +
    "must need neither never none nor not now null one only other otherwise our out over own same set should since " +
    "some such than that the their them then there these they this those through too true two under undefined " +
    "until upon use used uses using very via want was well were what when where whether which while who why will " +
    "with within without would yes you your"
  ).split(" "),
);

/** Depends on `text` alone, so that two calls for one section get the same answer. */
export function analyseText(text: string): TextAnalysis {
  const words = text.match(WORD) ?? [];
  const counts = countTerms(words);
  return {
    words: words.length,
    readingSeconds: readingSeconds(words.length),
    terms: topTerms(counts),
    summary: summarise(text, counts),
  };
}

export function readingSeconds(words: number): number {
  return Math.ceil((words * 60) / WORDS_PER_MINUTE);
}

/** The most frequent, equal ones in the order of their letters. */
export function topTerms(counts: ReadonlyMap<string, number>): Term[] {
  return [...counts]
    .map(([term, count]) => ({ term, count }))
    .sort((a, b) => b.count - a.count || (a.term < b.term ? -1 : 1))
    .slice(0, TERMS);
}

function countTerms(words: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) {
    const term = word.toLowerCase();
    if (term.length < 3 || term.length > 30 || /\d/.test(term) || STOP_WORDS.has(term)) continue;
    counts.set(term, (counts.get(term) ?? 0) + 1);
  }
  return counts;
}

/** The sentence whose words are the most frequent of the text on average; the first among equals. */
function summarise(text: string, counts: ReadonlyMap<string, number>): string {
  let best = { sentence: text.split("\n")[0] ?? "", score: -1 };
  for (const sentence of sentences(text).slice(0, SUMMARY_CANDIDATES)) {
    const words = sentence.match(WORD) ?? [];
    if (words.length < 4 || words.length > 45) continue;
    const weight = words.reduce((sum, word) => sum + (counts.get(word.toLowerCase()) ?? 0), 0);
    const score = weight / words.length;
    if (score > best.score) best = { sentence, score };
  }
  return cut(best.sentence);
}

function sentences(text: string): string[] {
  const segmenter = new Intl.Segmenter("en", { granularity: "sentence" });
  return text
    .split("\n")
    .flatMap((line) => [...segmenter.segment(line)].map(({ segment }) => segment.trim()));
}

function cut(sentence: string): string {
  if (sentence.length <= SUMMARY_MAX_LENGTH) return sentence;
  const end = sentence.lastIndexOf(" ", SUMMARY_MAX_LENGTH);
  return `${sentence.slice(0, end > 0 ? end : SUMMARY_MAX_LENGTH).toWellFormed()}…`;
}
