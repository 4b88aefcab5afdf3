import { checkMethods, checkText } from "@wf/core/adapter";

/** The two functions of a test runner that a suite needs; those of `vitest` and of `node:test` both fit. */
export interface ConformanceRunner {
  /** Names the group of the tests that `body` makes. */
  describe(name: string, body: () => void): unknown;
  /** Runners that tell a callback by its parameters take `body` for one that has none. */
  it(name: string, body: (test?: SkippableTest) => Promise<void>): unknown;
}

/** What both runners hand to a test, so that one left out is reported and not passed. */
export interface SkippableTest {
  /** Reports the test as skipped, with the reason. In vitest it ends the test by throwing. */
  skip(note: string): unknown;
}

/** @throws WF_INVALID_ARGUMENT where what a suite is given is not what it needs */
export function checkSuite(
  runner: ConformanceRunner,
  subject: { readonly name: string; open(): unknown },
): void {
  checkMethods(runner, "runner", ["describe", "it"], "the functions of a test runner");
  checkNamedSubject(subject);
}

/** @throws WF_INVALID_ARGUMENT */
export function checkNamedSubject(subject: { readonly name: string; open(): unknown }): void {
  checkMethods(subject, "subject", ["open"], "an object with a name and a function to open it");
  checkText(subject.name, "subject.name");
}
