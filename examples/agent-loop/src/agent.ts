import { type Step, StepError, StepOutcome } from "@wf/core";
import type { Message, Reply } from "./model-server.ts";

/** What one turn passes on to the next. */
interface Conversation {
  readonly messages: readonly Message[];
  readonly spentCents: number;
  readonly limitCents: number;
}

/** Each is a function of its input; a real one would be memoized like the model, if it costs anything. */
const TOOLS: Readonly<Record<string, (input: string) => string>> = {
  population: (city) => ({ Lyon: "520774", Nice: "348085" })[city] ?? "unknown",
  add: (numbers) => String(numbers.split(" ").reduce((sum, number) => sum + Number(number), 0)),
};

/** Times that a step failed after it had paid, for the example to count. */
export const accidents = { count: 0 };

export function firstTurn(question: string, limitCents: number): Uint8Array {
  const conversation = {
    messages: [{ role: "user", content: question }],
    spentCents: 0,
    limitCents,
  };
  return Buffer.from(JSON.stringify(conversation));
}

/** One step is one turn: ask the model, run the tool that it asks for, go on. */
export async function agentStep(step: Step, modelUrl: string): Promise<StepOutcome> {
  const conversation: Conversation = JSON.parse(Buffer.from(step.payload).toString());
  const { messages, spentCents, limitCents } = conversation;
  if (spentCents >= limitCents) {
    return StepOutcome.fail(`stopped at its limit: ${spentCents} of ${limitCents} cents are spent`);
  }
  // Kept as soon as it is paid for: a further attempt of this turn finds it and asks nobody.
  const reply = await step.memo.remember("reply", () =>
    askModel(modelUrl, messages, step.abortSignal),
  );
  if (step.stepNumber === 1 && step.attempts === 1) {
    accidents.count++;
    throw StepError.transient("an accident after the payment", { retryAfter: 0 });
  }
  if ("answer" in reply) return StepOutcome.succeed(Buffer.from(reply.answer));
  const result = TOOLS[reply.tool]?.(reply.input) ?? `there is no tool ${reply.tool}`;
  const next: Conversation = {
    messages: [
      ...messages,
      { role: "assistant", content: `${reply.tool}(${reply.input})` },
      { role: "tool", content: result },
    ],
    spentCents: spentCents + reply.cents,
    limitCents,
  };
  return StepOutcome.continueNow(Buffer.from(JSON.stringify(next)));
}

async function askModel(
  url: string,
  messages: readonly Message[],
  signal: AbortSignal,
): Promise<Reply> {
  const response = await fetch(url, { method: "POST", body: JSON.stringify(messages), signal });
  if (response.status === 429) {
    const seconds = Number(response.headers.get("retry-after") ?? 1);
    throw StepError.transient("the model is busy", { retryAfter: `${seconds}s` });
  }
  if (response.status >= 500) throw StepError.transient(`the model failed: ${response.status}`);
  if (!response.ok) throw StepError.permanent(`the model refuses: ${response.status}`);
  return (await response.json()) as Reply;
}
