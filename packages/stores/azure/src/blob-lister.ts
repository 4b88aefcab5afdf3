import type { BlobItem, ContainerListBlobFlatSegmentResponse } from "@azure/storage-blob";
import type { ListOptions, ObjectMeta } from "@wf/core";
import { type ListedPage, type ListQuery, listByPages } from "@wf/core/adapter";
import type { Container } from "./container.ts";
import { serviceCode } from "./map-failure.ts";

type Page = Pick<ContainerListBlobFlatSegmentResponse, "segment" | "continuationToken">;

/** Lists a container page by page. */
export class BlobLister {
  readonly #container: Container;
  readonly #pageSize: number;
  /** Off where the service refuses it, being older than version 2026-02-06 or an emulator. */
  #canStartFrom = true;

  constructor(container: Container, pageSize: number) {
    this.#container = container;
    this.#pageSize = pageSize;
  }

  list(prefix: string, options: ListOptions): AsyncGenerator<ObjectMeta> {
    const { requests, keyPrefix } = this.#container;
    const what = requests.describe("list", prefix);
    const orderAdvice = "use an account without a hierarchical namespace";
    const call = { operation: "list", of: prefix, signal: options.signal } as const;
    return listByPages({ ...options, prefix, what, orderAdvice }, (query) =>
      requests.send(call, async (abortSignal): Promise<ListedPage> => {
        const { segment, continuationToken } = await this.#fetch(query, abortSignal);
        const objects = segment.blobItems.map((blob) => metaOf(blob, keyPrefix));
        return { objects, token: continuationToken || undefined };
      }),
    );
  }

  async #fetch(query: ListQuery, abortSignal: AbortSignal): Promise<Page> {
    const fromTheFirst = { ...query, startAfter: undefined };
    if (!this.#canStartFrom) return this.#ask(fromTheFirst, abortSignal);
    try {
      return await this.#ask(query, abortSignal);
    } catch (error) {
      if (query.startAfter === undefined || !isRefusedParameter(error)) throw error;
      this.#canStartFrom = false;
      return this.#ask(fromTheFirst, abortSignal);
    }
  }

  async #ask({ prefix, startAfter, token }: ListQuery, abortSignal: AbortSignal): Promise<Page> {
    const { client, keyPrefix } = this.#container;
    const pages = client
      .listBlobsFlat({
        prefix: keyPrefix + prefix,
        abortSignal,
        ...(startAfter === undefined ? {} : { startFrom: keyPrefix + startAfter }),
      })
      .byPage({
        maxPageSize: this.#pageSize,
        ...(token === undefined ? {} : { continuationToken: token }),
      });
    return (await pages.next()).value as Page;
  }
}

function metaOf({ name, properties }: BlobItem, keyPrefix: string): ObjectMeta {
  const { contentLength, lastModified } = properties;
  // Every block blob has a size.
  const size = contentLength as number;
  return { key: name.slice(keyPrefix.length), size, lastModified: lastModified.getTime() };
}

function isRefusedParameter(error: unknown): boolean {
  return /QueryParameter/.test(serviceCode(error) ?? "");
}
