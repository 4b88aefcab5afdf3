import { readFileSync } from "node:fs";
import { type Figure, newestFigures } from "./results.ts";

export declare const data: {
  readonly budgets: readonly Figure[];
  readonly peers: readonly Figure[];
};

export default {
  watch: ["../../bench/RESULTS.md"],
  load([file]: [string]) {
    const figures = newestFigures(readFileSync(file, "utf8"));
    return {
      budgets: figures.filter(
        ({ question, budget }) => budget !== "" && !isPeer(question),
      ),
      peers: figures.filter(({ question }) => isPeer(question)),
    };
  },
};

function isPeer(question: string): boolean {
  return question.startsWith("peers-");
}
