import type { Ledger } from "./ledger.ts";

/** What is in the store when all is over. */
export interface Found {
  /** Jobs that left their mark, and runs that left theirs. */
  readonly done: ReadonlySet<string>;
  readonly submitted: ReadonlySet<string>;
  /** Jobs ever acknowledged, by the queue's own count. */
  readonly doneCount: number;
  readonly dead: number;
  readonly counter: number;
  /** Of everything that should be gone. */
  readonly left: readonly string[];
}

/** Holds what was acknowledged against what is there. Every difference in a sentence. */
export function differences(ledger: Ledger, found: Found): string[] {
  const { enqueued, done, submitted, cancelled, ends, counted, tried } = ledger;
  const problems = [...ledger.problems];
  for (const id of enqueued) {
    if (!found.done.has(id))
      problems.push(`job ${id} was acknowledged as enqueued, and never done`);
  }
  for (const id of done) {
    if (!found.done.has(id)) problems.push(`the end of job ${id} was acknowledged, and is lost`);
  }
  if (found.doneCount !== found.done.size) {
    problems.push(`${found.done.size} jobs are done, and the queue has counted ${found.doneCount}`);
  }
  if (found.dead > 0) problems.push(`${found.dead} jobs are dead`);
  for (const id of submitted) {
    if (!found.submitted.has(id)) problems.push(`run ${id} was acknowledged, and is lost`);
  }
  for (const id of found.submitted) {
    if (!ends.has(id)) problems.push(`nobody was told how run ${id} ended`);
  }
  for (const id of ends.keys()) {
    if (!found.submitted.has(id)) problems.push(`run ${id} ended, and was never submitted`);
  }
  for (const id of cancelled) {
    const end = ends.get(id) ?? "no end";
    if (!end.startsWith("cancelled ")) problems.push(`run ${id} was cancelled, and had ${end}`);
  }
  if (found.counter < counted || found.counter > tried) {
    problems.push(
      `the counter is at ${found.counter}; ${counted} was acknowledged, ${tried} tried`,
    );
  }
  problems.push(...found.left.map((what) => `left behind: ${what}`));
  return problems;
}
