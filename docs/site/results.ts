/** Reads bench/RESULTS.md: the newest figures of each question that was asked. */

export interface Figure {
  readonly question: string;
  readonly figure: string;
  readonly value: string;
  readonly unit: string;
  /** Empty where there is none. */
  readonly budget: string;
  readonly holds: string;
  /** Date, time and commit of the run. */
  readonly run: string;
}

export function newestFigures(results: string): readonly Figure[] {
  const newest = new Map<string, Figure[]>();
  for (const [run, body] of entriesOf(results)) {
    for (const [question, figures] of questionsOf(run, body))
      newest.set(question, figures);
  }
  return [...newest.values()].flat();
}

/** The title and the text of each run, oldest first. */
function entriesOf(results: string): (readonly [string, string])[] {
  return results
    .split(/^## /m)
    .slice(1)
    .map((entry) => {
      const end = entry.indexOf("\n");
      return [entry.slice(0, end), entry.slice(end)] as const;
    });
}

function questionsOf(run: string, body: string): Map<string, Figure[]> {
  const questions = new Map<string, Figure[]>();
  let question = "";
  for (const line of body.split("\n")) {
    const cells = line.split("|").map((cell) => cell.trim());
    const [
      ,
      first,
      figure = "",
      value = "",
      unit = "",
      budget = "",
      holds = "",
    ] = cells;
    if (cells.length !== 8 || first === "question" || first?.startsWith("-"))
      continue;
    if (first !== "") {
      question = first as string;
      questions.set(question, []);
    }
    questions
      .get(question)
      ?.push({ question, figure, value, unit, budget, holds, run });
  }
  return questions;
}
