import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { type ObjectMeta, WfError } from "@wf/core";
import type { MemoryObjectStore } from "../../src/index.ts";

export interface HttpObjectServer {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * An object store behind HTTP, as small as one can be: `PUT`, `GET` and `DELETE` of `/objects/KEY`, with
 * `If-None-Match: *` and `Range`, and `GET /list?prefix=&startAfter=`, which answers a page of JSON.
 */
export async function serveObjects(
  store: MemoryObjectStore,
  pageSize: number,
): Promise<HttpObjectServer> {
  const server = createServer((request, response) => {
    answer(store, pageSize, request, response).catch((error) => {
      response.writeHead(500).end(String(error));
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

async function answer(
  store: MemoryObjectStore,
  pageSize: number,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url as string, "http://localhost");
  if (url.pathname === "/list") {
    const page = await listPage(store, pageSize, url.searchParams);
    response.end(JSON.stringify(page));
    return;
  }
  const key = decodeURIComponent(url.pathname.slice("/objects/".length));
  if (request.method === "PUT") {
    const ifAbsent = request.headers["if-none-match"] === "*";
    response.writeHead(await putStatus(store, key, await buffer(request), ifAbsent)).end();
  } else if (request.method === "DELETE") {
    await store.delete(key);
    response.writeHead(204).end();
  } else {
    await answerGet(store, key, request.headers.range, response);
  }
}

async function putStatus(
  store: MemoryObjectStore,
  key: string,
  body: Uint8Array,
  ifAbsent: boolean,
): Promise<number> {
  try {
    await store.put(key, body, { ifAbsent });
    return 201;
  } catch (error) {
    if (WfError.is(error, "WF_STORE_ALREADY_EXISTS")) return 412;
    throw error;
  }
}

async function answerGet(
  store: MemoryObjectStore,
  key: string,
  rangeHeader: string | undefined,
  response: ServerResponse,
): Promise<void> {
  const body = await store.get(key);
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(rangeHeader ?? "") ?? [];
  if (body === undefined) response.writeHead(404).end();
  else if (first === undefined) response.end(body);
  else if (Number(first) >= body.length) response.writeHead(416).end();
  else response.writeHead(206).end(body.subarray(Number(first), Number(last) + 1));
}

async function listPage(
  store: MemoryObjectStore,
  pageSize: number,
  query: URLSearchParams,
): Promise<{ metas: ObjectMeta[]; more: boolean }> {
  const metas: ObjectMeta[] = [];
  const startAfter = query.get("startAfter") ?? undefined;
  for await (const meta of store.list(query.get("prefix") ?? "", { startAfter })) {
    if (metas.length === pageSize) return { metas, more: true };
    metas.push(meta);
  }
  return { metas, more: false };
}
