import { StepError, StepOutcome } from "@wf/core";
import { expect, it } from "vitest";

const bytes = new Uint8Array();
const none = null as never;
const number = 7 as never;

it.each([
  ["continueNow", () => StepOutcome.continueNow(none), /payload of the next step is null/],
  ["continueAfter", () => StepOutcome.continueAfter(number, 1), /payload of the next step is/],
  ["continueAfter", () => StepOutcome.continueAfter(bytes, -1), /delay of the next step is -1/],
  ["continueOnSignal", () => StepOutcome.continueOnSignal(bytes, "", 1), /key "" has 0 bytes/],
  ["continueOnSignal", () => StepOutcome.continueOnSignal(bytes, "k", -1), /timeout of the signal/],
  ["succeed", () => StepOutcome.succeed("done" as never), /result is/],
  ["fail", () => StepOutcome.fail(undefined as never), /reason is undefined: give a string/],
  ["fail", () => StepOutcome.fail(new Error("no") as never), /reason is .*: give a string/],
  ["cancel", () => StepOutcome.cancel(number), /reason is 7: give a string/],
  ["transient", () => StepError.transient("m", none), /options is null: give an object/],
  ["transient", () => StepError.transient("m", number), /options is 7: give an object/],
  ["transient", () => StepError.transient("m", { retryAfter: -1 }), /retryAfter is -1/],
  ["permanent", () => StepError.permanent("m", none), /options is null: give an object/],
])("%s refuses what it cannot mean, naming it: %s", (_, make, message) => {
  expect(make).toThrowError(
    expect.objectContaining({
      code: expect.stringMatching(/^WF_INVALID_(ARGUMENT|DURATION|KEY)$/),
      message: expect.stringMatching(message),
    }),
  );
});
