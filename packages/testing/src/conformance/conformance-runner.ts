/** The two functions of a test runner that a suite needs; those of `vitest` and of `node:test` both fit. */
export interface ConformanceRunner {
  describe(name: string, body: () => void): unknown;
  /** Runners that tell a callback by its parameters take `body` for one that has none. */
  it(name: string, body: (test?: SkippableTest) => Promise<void>): unknown;
}

/** What both runners hand to a test, so that one left out is reported and not passed. */
export interface SkippableTest {
  skip(note: string): unknown;
}
