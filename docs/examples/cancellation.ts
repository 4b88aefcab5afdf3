import { type Step, StepOutcome, WfError } from "@wf/core";

// #region fetch
export async function downloadStep(step: Step): Promise<StepOutcome> {
  const url = Buffer.from(step.payload).toString();
  // Aborted when the run is cancelled, the lease or the queue is lost, or the
  // runtime stops.
  const response = await fetch(url, { signal: step.abortSignal });
  return StepOutcome.succeed(new Uint8Array(await response.arrayBuffer()));
}
// #endregion fetch

// #region reason
/** Goes through pages until it is told to stop, and heeds why. */
export async function crawlStep(
  step: Step,
  crawl: (page: number) => Promise<void>,
): Promise<StepOutcome> {
  const { page: first } = JSON.parse(Buffer.from(step.payload).toString());
  for (let page = first; page < 100; page++) {
    const { aborted, reason } = step.abortSignal;
    // A shutdown is waited for: hand the rest to the next process, as a step
    // of its own.
    if (aborted && WfError.is(reason, "WF_SHUTDOWN")) {
      return StepOutcome.continueNow(Buffer.from(JSON.stringify({ page })));
    }
    // Cancelled, or no longer ours: what this attempt returns or throws does
    // not count.
    if (aborted) throw reason;
    await crawl(page);
  }
  return StepOutcome.succeed(Buffer.from("crawled"));
}
// #endregion reason
