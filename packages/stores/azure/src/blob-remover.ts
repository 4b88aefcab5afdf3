import { WfError, type WfErrorCode } from "@wf/core";
import { batchesOf, inParallel } from "@wf/core/adapter";
import type { Container } from "./container.ts";
import { serviceCode } from "./map-failure.ts";
import type { AzureBlobCredential } from "./options.ts";

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
  readonly #container: Container;
  /** Off once a batch removed nothing of what single requests then did remove. */
  #takesBatches = true;

  constructor(container: Container) {
    this.#container = container;
  }

  /** After a failure nothing more is begun, and it is thrown when what is under way has ended. */
  async remove(keys: readonly string[], signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    const all = [...new Set(keys)];
    if (all.length <= SINGLE_UP_TO || !this.#takesBatches) return this.#removeEach(all, signal);
    await inParallel(batchesOf(all, BATCH_SIZE), BATCHES_IN_FLIGHT, (batch) =>
      this.#removeBatch(batch, signal),
    );
  }

  async #removeEach(keys: readonly string[], signal: AbortSignal | undefined): Promise<void> {
    const { client, keyPrefix, requests } = this.#container;
    await inParallel(keys, SINGLES_IN_FLIGHT, (key) =>
      requests.send({ operation: "delete", of: key, key, signal }, async (abortSignal) => {
        try {
          await client.getBlobClient(keyPrefix + key).delete({ abortSignal });
        } catch (error) {
          if (serviceCode(error) !== "BlobNotFound") throw error;
        }
      }),
    );
  }

  async #removeBatch(keys: readonly string[], signal: AbortSignal | undefined): Promise<void> {
    let left = keys;
    try {
      const of = `${keys[0]} and ${keys.length - 1} more`;
      left = await this.#container.requests.send(
        { operation: "delete", of, signal },
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
    const { client, keyPrefix } = this.#container;
    const batches = client.getBlobBatchClient();
    const batch = batches.createBatch();
    const credential = withOneToken(client.credential);
    for (const key of keys) {
      await batch.deleteBlob(client.getBlobClient(keyPrefix + key).url, credential);
    }
    const { subResponses } = await batches.submitBatch(batch, { abortSignal });
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
