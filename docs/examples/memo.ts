import { type Step, StepOutcome } from "@wf/core";
import { fromBytes, toBytes } from "./json.ts";

export interface Model {
  ask(prompt: string): Promise<{ text: string; cents: number }>;
  embed(texts: readonly string[]): Promise<Uint8Array>;
}

export function summarise(model: Model) {
  return async (step: Step): Promise<StepOutcome> => {
    const { sections } = fromBytes(step.payload) as { sections: string[] };

    // #region remember
    // One entry for each call: an attempt that follows pays only for those
    // that are missing.
    const summaries = await Promise.all(
      sections.map((section, index) =>
        step.memo.remember(`summary ${index}`, () =>
          model.ask(`Summarise: ${section}`),
        ),
      ),
    );
    // #endregion remember

    // #region content
    // The key is derived from the input: equal inputs find the same entry.
    const input = { model: "small", texts: sections };
    let vectors = await step.memo.contentGet(input);
    if (vectors === undefined) {
      vectors = await model.embed(sections);
      await step.memo.contentPut(input, vectors);
    }
    // #endregion content

    return StepOutcome.succeed(toBytes({ summaries, bytes: vectors.length }));
  };
}
