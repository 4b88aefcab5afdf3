import { DeleteObjectCommand, DeleteObjectsCommand } from "@aws-sdk/client-s3";
import { batchesOf, inParallel } from "@wf/core/adapter";
import type { Bucket } from "./bucket.ts";
import { codeOf, ForeignAnswer, statusOf } from "./map-failure.ts";

/** The most that S3 takes in one request. */
const MAX_BATCH_KEYS = 1_000;
const BATCHES_IN_FLIGHT = 4;
const SINGLES_IN_FLIGHT = 16;

/** How stores refuse a batch with 400 that want another checksum in it, or know no such request. */
const REFUSALS_OF_A_BATCH: ReadonlySet<string | undefined> = new Set([
  ...["InvalidRequest", "InvalidArgument", "InvalidDigest", "MalformedXML", "MissingContentMD5"],
  ...["NotImplemented", "UnsupportedOperation"],
]);

/** Removes objects: several in one request where the store takes that, one by one where it does not. */
export class ObjectRemover {
  readonly #bucket: Bucket;
  #takesBatches = true;

  constructor(bucket: Bucket) {
    this.#bucket = bucket;
  }

  /** After a failure nothing more is begun, and it is thrown when what is under way has ended. */
  async remove(keys: readonly string[], signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    const distinct = [...new Set(keys)];
    if (distinct.length === 1 || !this.#takesBatches) return this.#removeSingly(distinct, signal);
    await inParallel(batchesOf(distinct, MAX_BATCH_KEYS), BATCHES_IN_FLIGHT, async (batch) => {
      const removed = await this.#removeBatch(batch, signal);
      // What the store could not remove among others tells its reason when it is alone.
      const left = batch.filter((key) => !removed.has(this.#bucket.keyPrefix + key));
      await this.#removeSingly(left, signal);
    });
  }

  /** The keys that the store says are gone, with the prefix. */
  #removeBatch(
    batch: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<ReadonlySet<string | undefined>> {
    const { client, name, keyPrefix, requests, once } = this.#bucket;
    const Objects = batch.map((key) => ({ Key: keyPrefix + key }));
    const of = `${batch[0]} and ${batch.length - 1} more`;
    return requests.send({ operation: "delete", of, signal }, async (abortSignal) => {
      try {
        const command = once(new DeleteObjectsCommand({ Bucket: name, Delete: { Objects } }));
        const { Deleted = [] } = await client.send(command, { abortSignal });
        return new Set(Deleted.map(({ Key }) => Key));
      } catch (error) {
        if (!refusesBatches(error)) throw error;
        this.#takesBatches = false;
        return new Set();
      }
    });
  }

  async #removeSingly(keys: readonly string[], signal: AbortSignal | undefined): Promise<void> {
    await inParallel(keys, SINGLES_IN_FLIGHT, (key) => this.#removeOne(key, signal));
  }

  #removeOne(key: string, signal: AbortSignal | undefined): Promise<void> {
    const { client, name, keyPrefix, requests, once } = this.#bucket;
    return requests.send({ operation: "delete", of: key, key, signal }, async (abortSignal) => {
      try {
        const command = once(new DeleteObjectCommand({ Bucket: name, Key: keyPrefix + key }));
        const { $metadata } = await client.send(command, { abortSignal });
        if ($metadata.httpStatusCode !== 204) throw new ForeignAnswer("the status 204");
      } catch (error) {
        // S3 does not tell of a missing key; some stores do.
        if (statusOf(error) !== 404 || codeOf(error) !== "NoSuchKey") throw error;
      }
    });
  }
}

function refusesBatches(error: unknown): boolean {
  const status = statusOf(error);
  return (
    status === 405 || status === 501 || (status === 400 && REFUSALS_OF_A_BATCH.has(codeOf(error)))
  );
}
