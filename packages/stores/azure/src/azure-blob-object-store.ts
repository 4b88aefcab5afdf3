import type {
  GetOptions,
  ListOptions,
  ObjectMeta,
  ObjectStore,
  PutOptions,
  StoreCallOptions,
} from "@wf/core";
import {
  BucketRequests,
  checkDelete,
  checkGet,
  checkListing,
  checkObjectSize,
  checkOptions,
  checkPut,
  RequestPolicy,
  resolveBucketOptions,
} from "@wf/core/adapter";
import { BlobLister } from "./blob-lister.ts";
import { BlobRemover } from "./blob-remover.ts";
import { connect } from "./connect.ts";
import type { Container } from "./container.ts";
import { contentMd5 } from "./content-md5.ts";
import { download } from "./download.ts";
import { mapFailure } from "./map-failure.ts";
import { type AzureBlobObjectStoreOptions, checkContainer, LIMITS, NAMES } from "./options.ts";

/**
 * An object store in a container of Azure Blob Storage: each object is a block blob. The account must not have
 * a hierarchical namespace, which lists in another order.
 *
 * Errors of all methods, nothing having been changed unless it says so:
 * - WF_STORE_UNAVAILABLE: the service did not answer, throttled or failed, in each of `maxAttempts` tries
 * - WF_STORE_OUTCOME_UNKNOWN: so for a write, which may have been carried out in one of them
 * - WF_STORE_UNAUTHENTICATED: the credential is wrong or has expired, or there is none
 * - WF_STORE_DENIED: the credential lacks a permission, or a policy, a lease or the network rules forbid it
 * - WF_STORE_BUCKET_NOT_FOUND: there is no such container
 * - WF_STORE_MISCONFIGURED: something else than the service answers, or it cannot take the request
 * - WF_STORE_UNSUPPORTED: the account has a hierarchical namespace, as far as that shows
 * - WF_INVALID_KEY, WF_INVALID_ARGUMENT: refused before anything is sent
 * - `signal.reason`, at once; a write under way may still be carried out
 */
export class AzureBlobObjectStore implements ObjectStore {
  readonly #container: Container;
  readonly #lister: BlobLister;
  readonly #remover: BlobRemover;
  readonly #maxObjectBytes: number;

  /** Sends nothing. @throws WF_INVALID_ARGUMENT, WF_INVALID_DURATION, WF_INVALID_KEY naming the option */
  constructor(options: AzureBlobObjectStoreOptions) {
    checkOptions(options, "options", NAMES);
    checkContainer(options.container);
    const { keyPrefix, maxObjectBytes, listPageSize } = resolveBucketOptions(options, LIMITS);
    const location = `az://${options.container}/${keyPrefix}`;
    const policy = new RequestPolicy(options);
    const requests = new BucketRequests({ location, policy, mapFailure });
    this.#container = { client: connect(options), keyPrefix, requests };
    this.#lister = new BlobLister(this.#container, listPageSize);
    this.#remover = new BlobRemover(this.#container);
    this.#maxObjectBytes = maxObjectBytes;
  }

  /**
   * Stores `body` with one request (Put Blob). The service refuses a body that was damaged on its way. Do not
   * change `body` before it is resolved.
   *
   * @throws WF_STORE_ALREADY_EXISTS with `ifAbsent`, when there is an object at `key`; it may be that of an
   *   earlier try of this call: see `createObject`
   * @throws WF_STORE_OBJECT_TOO_LARGE above `maxObjectBytes`; nothing is sent
   */
  async put(key: string, body: Uint8Array, options: PutOptions = {}): Promise<void> {
    checkPut(key, body, options);
    const { ifAbsent = false, signal } = options;
    checkObjectSize(key, body, this.#maxObjectBytes);
    const { client, keyPrefix, requests } = this.#container;
    const blob = client.getBlockBlobClient(keyPrefix + key);
    const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    const md5 = contentMd5(bytes);
    const operation = ifAbsent ? "create" : "put";
    await requests.send({ operation, of: key, key, signal }, (abortSignal) =>
      blob.upload(bytes, bytes.length, {
        abortSignal,
        ...(ifAbsent ? { conditions: { ifNoneMatch: "*" } } : {}),
        ...(md5 === undefined ? {} : { transactionalContentMD5: md5 }),
      }),
    );
  }

  /** The object, or those of its bytes that `range` asks for. One request (Get Blob). */
  async get(key: string, options: GetOptions = {}): Promise<Uint8Array | undefined> {
    checkGet(key, options);
    const { range, signal } = options;
    const { client, keyPrefix, requests } = this.#container;
    const blob = client.getBlobClient(keyPrefix + key);
    return requests.send({ operation: "get", of: key, key, signal }, (abortSignal) =>
      download(blob, range, abortSignal),
    );
  }

  /**
   * Removes the objects: up to 16 by a request each (Delete Blob), more by one for 256 (Blob Batch). Where it
   * fails, some may have been removed: repeat it.
   */
  async delete(keys: string | readonly string[], options: StoreCallOptions = {}): Promise<void> {
    await this.#remover.remove(checkDelete(keys, options), options.signal);
  }

  /**
   * The objects in order of their keys; a page is asked for when the listing comes to it (List Blobs).
   * `lastModified` is the service's time, in whole seconds. Blobs whose name is no key are left out.
   */
  async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ObjectMeta> {
    checkListing(prefix, options);
    yield* this.#lister.list(prefix, options);
  }
}
