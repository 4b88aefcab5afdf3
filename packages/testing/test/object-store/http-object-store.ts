import {
  type GetOptions,
  type ListOptions,
  type ObjectMeta,
  type ObjectStore,
  type PutOptions,
  type StoreCallOptions,
  StoreError,
  type WfErrorCode,
} from "@wf/core";
import { checkDelete, checkGet, checkListing, checkPut } from "@wf/core/adapter";

/** An adapter for `serveObjects`: one request a call, none repeated. */
export class HttpObjectStore implements ObjectStore {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async put(key: string, body: Uint8Array, options: PutOptions = {}): Promise<void> {
    checkPut(key, body, options);
    const headers: Record<string, string> = options.ifAbsent ? { "if-none-match": "*" } : {};
    const { status } = await this.#send("PUT", pathOf(key), options, { headers, body });
    if (status === 412) throw new StoreError("WF_STORE_ALREADY_EXISTS", key, { key });
  }

  async get(key: string, options: GetOptions = {}): Promise<Uint8Array | undefined> {
    checkGet(key, options);
    const headers: Record<string, string> = {};
    if (options.range !== undefined) {
      const { offset, length } = options.range;
      headers["range"] =
        `bytes=${offset}-${Math.min(offset + length - 1, Number.MAX_SAFE_INTEGER)}`;
    }
    const { status, body } = await this.#send("GET", pathOf(key), options, { headers });
    if (status === 404) return undefined;
    return status === 416 ? new Uint8Array() : body;
  }

  async delete(keys: string | readonly string[], options: StoreCallOptions = {}): Promise<void> {
    const all = checkDelete(keys, options);
    options.signal?.throwIfAborted();
    await Promise.all([...new Set(all)].map((key) => this.#send("DELETE", pathOf(key), options)));
  }

  async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ObjectMeta> {
    checkListing(prefix, options);
    let startAfter = options.startAfter ?? "";
    for (let more = true; more; ) {
      const query = new URLSearchParams({ prefix, startAfter });
      const { body } = await this.#send("GET", `/list?${query}`, options);
      const page = JSON.parse(new TextDecoder().decode(body));
      for (const meta of page.metas as ObjectMeta[]) {
        options.signal?.throwIfAborted();
        yield meta;
        startAfter = meta.key;
      }
      more = page.more;
    }
  }

  async #send(
    method: "PUT" | "GET" | "DELETE",
    path: string,
    { signal }: StoreCallOptions,
    init: { headers?: Record<string, string>; body?: Uint8Array } = {},
  ): Promise<{ status: number; body: Uint8Array }> {
    const code: WfErrorCode =
      method === "GET" ? "WF_STORE_UNAVAILABLE" : "WF_STORE_OUTCOME_UNKNOWN";
    let status: number;
    let body: Uint8Array;
    try {
      const response = await fetch(this.#url + path, {
        method,
        ...init,
        ...(signal && { signal }),
      });
      status = response.status;
      body = new Uint8Array(await response.arrayBuffer());
    } catch (cause) {
      signal?.throwIfAborted();
      throw new StoreError(code, `${method} ${path} had no whole answer`, { cause });
    }
    if (status >= 500) throw new StoreError(code, `${method} ${path} was answered with ${status}`);
    return { status, body };
  }
}

function pathOf(key: string): string {
  return `/objects/${encodeURIComponent(key)}`;
}
