import { type Queue, runWorker } from "@wf/core";
import { fromBytes, toBytes } from "./json.ts";

/**
 * Enqueues two mails, one of them for later, and sends what is due until
 * `signal` is aborted.
 */
export async function sendMails(
  queue: Queue,
  send: (address: string, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  // #region enqueue
  await queue.enqueue("mail", toBytes("ada@example.org"), {
    dedupKey: "welcome ada",
  });
  await queue.enqueue("mail", toBytes("grace@example.org"), {
    delay: "1d",
    maxAttempts: 10,
    backoff: { base: "30s", cap: "1h" },
  });
  // #endregion enqueue

  // #region worker
  await runWorker(
    queue,
    "mail",
    async ({ job, abortSignal }) => {
      const address = fromBytes(job.payload);
      await send(address, abortSignal);
      // Committed with the acknowledgement: both, or neither.
      return { put: { [`sent/${address}`]: toBytes(job.attempts) } };
    },
    { concurrency: 8, signal },
  );
  // #endregion worker
}
