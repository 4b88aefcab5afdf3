import type { ContainerClient, ContainerListBlobFlatSegmentResponse } from "@azure/storage-blob";
import { type ObjectMeta, StoreError } from "@wf/core";
import { checkObjectKey } from "@wf/core/adapter";
import { serviceCode } from "./map-error.ts";
import type { Requests } from "./requests.ts";

/** The longest start of a text that a key may have. */
const KEY_START = /^[A-Za-z0-9._=/-]*/;

export interface Listing {
  readonly prefix: string;
  readonly startAfter: string;
  readonly signal: AbortSignal | undefined;
}

type Page = Pick<ContainerListBlobFlatSegmentResponse, "segment" | "continuationToken">;

/** Lists a container page by page. */
export class BlobLister {
  readonly #container: ContainerClient;
  readonly #nameStart: string;
  readonly #pageSize: number;
  readonly #requests: Requests;
  /** Off where the service refuses it, being older than version 2026-02-06 or an emulator. */
  #canStartFrom = true;

  constructor(container: ContainerClient, nameStart: string, requests: Requests, pageSize: number) {
    this.#container = container;
    this.#nameStart = nameStart;
    this.#requests = requests;
    this.#pageSize = pageSize;
  }

  /** The objects of a listing in ascending order of their keys. A page is asked for when it is needed. */
  async *list(listing: Listing): AsyncGenerator<ObjectMeta> {
    listing.signal?.throwIfAborted();
    const { prefix, startAfter } = listing;
    const isBehind = startAfter > prefix && !startAfter.startsWith(prefix);
    if (keyStartOf(prefix) !== prefix || isBehind) return;
    let last = "";
    let marker: string | undefined;
    do {
      const page: Page = await this.#requests.send(
        { operation: "list", target: JSON.stringify(prefix), signal: listing.signal },
        (abortSignal) => this.#page(listing, marker, abortSignal),
      );
      for (const { name, properties } of page.segment.blobItems) {
        const key = name.slice(this.#nameStart.length);
        if (!isKey(key) || key === last) continue;
        if (key < last) throw outOfOrder(key, last);
        last = key;
        if (key <= startAfter) continue;
        listing.signal?.throwIfAborted();
        // Every block blob has a size.
        const size = properties.contentLength as number;
        yield { key, size, lastModified: properties.lastModified.getTime() };
      }
      // An empty page may have one too.
      marker = page.continuationToken || undefined;
    } while (marker !== undefined);
  }

  async #page(
    listing: Listing,
    marker: string | undefined,
    abortSignal: AbortSignal,
  ): Promise<Page> {
    const startFrom = this.#canStartFrom ? this.#startFrom(listing) : undefined;
    try {
      return await this.#fetch(listing, marker, startFrom, abortSignal);
    } catch (error) {
      if (startFrom === undefined || !isRefusedParameter(error)) throw error;
      this.#canStartFrom = false;
      return this.#fetch(listing, marker, undefined, abortSignal);
    }
  }

  /** It is inclusive, and only saves the service to list what is left out here. */
  #startFrom({ prefix, startAfter }: Listing): string | undefined {
    const start = keyStartOf(startAfter);
    return start > prefix ? this.#nameStart + start : undefined;
  }

  async #fetch(
    listing: Listing,
    marker: string | undefined,
    startFrom: string | undefined,
    abortSignal: AbortSignal,
  ): Promise<Page> {
    const pages = this.#container
      .listBlobsFlat({
        prefix: this.#nameStart + listing.prefix,
        abortSignal,
        ...(startFrom === undefined ? {} : { startFrom }),
      })
      .byPage({
        maxPageSize: this.#pageSize,
        ...(marker === undefined ? {} : { continuationToken: marker }),
      });
    return (await pages.next()).value as Page;
  }
}

function keyStartOf(text: string): string {
  return KEY_START.exec(text)?.[0] ?? "";
}

/** Others may have put blobs there too. */
function isKey(name: string): boolean {
  try {
    checkObjectKey(name);
    return true;
  } catch {
    return false;
  }
}

function isRefusedParameter(error: unknown): boolean {
  return /QueryParameter/.test(serviceCode(error) ?? "");
}

function outOfOrder(key: string, last: string): StoreError {
  return new StoreError(
    "WF_STORE_UNSUPPORTED",
    `the container lists ${key} after ${last}, so it keeps no order: use an account without a hierarchical namespace`,
    { key },
  );
}
