/** Runs one question, or one part of it, and tells the process that started it what it gave. */

import { type FreshProcess, runFresh } from "./fresh-process.ts";
import type { Figure } from "./question.ts";
import { readQuestion } from "./questions.ts";

/** What a question's process tells its parent. */
export type Report =
  | { readonly kind: "figure"; readonly figure: Figure }
  | { readonly kind: "result"; readonly result: unknown }
  | { readonly kind: "failure"; readonly error: string };

// Not without the one who asked.
process.on("disconnect", () => process.exit(1));

const { name, part, input, directory, queueUrl, profileTo } = JSON.parse(
  process.argv[2] as string,
) as FreshProcess;

try {
  const question = await readQuestion(name);
  if (part === undefined) {
    await question.run({
      directory,
      queueUrl,
      figure: (name, value, unit) => send({ kind: "figure", figure: { name, value, unit } }),
      fresh: async <T>(part: string, input?: unknown) =>
        (await runFresh({ name, part, input, directory, queueUrl, profileTo }, () => {})) as T,
    });
    await send({ kind: "result", result: undefined });
  } else {
    const result = await question.parts?.[part]?.(input as never);
    await send({ kind: "result", result });
  }
} catch (error) {
  await send({ kind: "failure", error: error instanceof Error ? `${error.stack}` : `${error}` });
}
// What a part leaves open, such as a queue that it was to abandon, does not keep the process.
process.exit();

function send(report: Report): Promise<void> {
  return new Promise((resolve) => process.send?.(report, () => resolve()));
}
