import type { ContainerClient } from "@azure/storage-blob";
import { WfError, type WfErrorCode } from "@wf/core";
import { serviceCode } from "./map-error.ts";
import type { AzureBlobCredential } from "./options.ts";
import type { Requests } from "./requests.ts";

/** Up to so many, a request each is as quick as a batch, which costs the client more. */
const SINGLE_UP_TO = 16;
const SINGLES_IN_FLIGHT = 16;
/** The service's bound (Blob Batch). */
const BATCH_SIZE = 256;
const BATCHES_IN_FLIGHT = 4;

/** After these, single requests would fail as the batch did. */
const NOT_OF_THE_BATCH: readonly WfErrorCode[] = [
  "WF_STORE_UNAVAILABLE",
  "WF_STORE_OUTCOME_UNKNOWN",
  "WF_STORE_UNAUTHENTICATED",
  "WF_STORE_BUCKET_NOT_FOUND",
];

/** Removes blobs: many by batches, and what a batch leaves by a request each. */
export class BlobRemover {
  readonly #container: ContainerClient;
  readonly #nameStart: string;
  readonly #requests: Requests;
  /** Off once a batch removed nothing of what single requests then did remove. */
  #takesBatches = true;

  constructor(container: ContainerClient, nameStart: string, requests: Requests) {
    this.#container = container;
    this.#nameStart = nameStart;
    this.#requests = requests;
  }

  /** Stops after a failure and throws it, once what is under way has ended. */
  async remove(keys: readonly string[], signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    const all = [...new Set(keys)];
    if (all.length <= SINGLE_UP_TO || !this.#takesBatches) return this.#removeEach(all, signal);
    await inParallel(batchesOf(all), BATCHES_IN_FLIGHT, (batch) =>
      this.#removeBatch(batch, signal),
    );
  }

  async #removeEach(keys: readonly string[], signal: AbortSignal | undefined): Promise<void> {
    await inParallel(keys, SINGLES_IN_FLIGHT, async (key) => {
      const blob = this.#container.getBlobClient(this.#nameStart + key);
      await this.#requests.send(
        { operation: "delete", target: key, key, signal },
        async (abortSignal) => {
          try {
            await blob.delete({ abortSignal });
          } catch (error) {
            if (serviceCode(error) !== "BlobNotFound") throw error;
          }
        },
      );
    });
  }

  async #removeBatch(keys: readonly string[], signal: AbortSignal | undefined): Promise<void> {
    let left = keys;
    try {
      left = await this.#requests.send(
        { operation: "delete", target: `${keys.length} objects`, signal },
        (abortSignal) => this.#submit(keys, abortSignal),
      );
    } catch (error) {
      const isRefused = WfError.is(error) && !NOT_OF_THE_BATCH.includes(error.code);
      if (!isRefused) throw error;
    }
    await this.#removeEach(left, signal);
    if (left.length === keys.length) this.#takesBatches = false;
  }

  /** The keys that the batch did not remove. */
  async #submit(keys: readonly string[], abortSignal: AbortSignal): Promise<string[]> {
    const client = this.#container.getBlobBatchClient();
    const batch = client.createBatch();
    const credential = withOneToken(this.#container.credential);
    for (const key of keys) {
      const { url } = this.#container.getBlobClient(this.#nameStart + key);
      await batch.deleteBlob(url, credential);
    }
    const { subResponses } = await client.submitBatch(batch, { abortSignal });
    return keys.filter((_, i) => {
      const answer = subResponses[i];
      return answer?.status !== 202 && answer?.errorCode !== "BlobNotFound";
    });
  }
}

/** Gives one token for all parts of a batch: some credentials start a process for each. */
function withOneToken(credential: AzureBlobCredential): AzureBlobCredential {
  if (!("getToken" in credential)) return credential;
  let token: ReturnType<typeof credential.getToken> | undefined;
  return {
    getToken(scopes, options) {
      token ??= credential.getToken(scopes, options);
      return token;
    },
  };
}

function batchesOf(keys: readonly string[]): string[][] {
  const count = Math.ceil(keys.length / BATCH_SIZE);
  return Array.from({ length: count }, (_, i) => keys.slice(i * BATCH_SIZE, (i + 1) * BATCH_SIZE));
}

async function inParallel<T>(
  items: readonly T[],
  limit: number,
  act: (item: T) => Promise<void>,
): Promise<void> {
  // One iterator that all share: each takes the next item.
  const rest = items.values();
  let failed = false;
  const work = async () => {
    for (const item of rest) {
      if (failed) return;
      await act(item).catch((error: unknown) => {
        failed = true;
        throw error;
      });
    }
  };
  const results = await Promise.allSettled(Array.from({ length: limit }, work));
  const failure = results.find((result) => result.status === "rejected");
  if (failure) throw failure.reason;
}
