import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

/** The account in the path, as emulators have it. */
const ACCOUNT = "account";
export const CONTAINER = "container";

export interface ReceivedRequest {
  readonly method: string;
  /** Without the account and the container; "" for those of the container. */
  readonly name: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

export interface Answer {
  readonly status: number;
  /** Error code of the service; there is none where something else answers. */
  readonly code?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Breaks the connection after so many bytes of the body. */
  readonly cutAfter?: number;
}

/** An answer, a connection that breaks without one, or a request that is never answered. */
export type Script = Answer | "drop" | "hold";

/**
 * A server that says what a test wants. What it has no script for, it answers as the service does for a
 * container that holds `blobs`.
 */
export class ScriptedServer {
  readonly blobs = new Map<string, Buffer>();
  readonly requests: ReceivedRequest[] = [];
  /** What is said to a request; undefined: what the service says. Told what that would be, already applied. */
  script: (request: ReceivedRequest, index: number) => Script | undefined = () => undefined;
  /** Whether a request with a script is carried out before it. */
  applies = false;
  /** Called when a request has come and waits. */
  onHeld: () => void = () => {};
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => this.#serve(request, response));
  }

  static async start(): Promise<ScriptedServer> {
    const server = new ScriptedServer();
    await new Promise<void>((listening) => server.#server.listen(0, "127.0.0.1", listening));
    return server;
  }

  /** Of the account. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/${ACCOUNT}`;
  }

  get connectionString(): string {
    const key = Buffer.from("the key").toString("base64");
    return `DefaultEndpointsProtocol=http;AccountName=${ACCOUNT};AccountKey=${key};BlobEndpoint=${this.url}`;
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((done) => this.#server.close(() => done()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(String(message.url), this.url);
    const path = decodeURIComponent(url.pathname).split("/");
    const request: ReceivedRequest = {
      method: String(message.method),
      name: path.slice(3).join("/"),
      query: url.searchParams,
      headers: message.headers,
      body: await buffer(message),
    };
    const script = this.script(request, this.requests.push(request) - 1);
    const usual = script === undefined || this.applies ? answerTo(request, this.blobs) : undefined;
    const said = script ?? (usual as Answer);
    if (said === "drop") message.socket.destroy();
    else if (said === "hold") this.onHeld();
    else say(response, said);
  }
}

function say(response: ServerResponse, { status, code, headers, body = "", cutAfter }: Answer) {
  const bytes = Buffer.from(body);
  const errorBody = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>scripted</Message></Error>`;
  const sent = code === undefined ? bytes : Buffer.from(errorBody);
  response.writeHead(status, {
    "content-length": sent.length,
    ...(code === undefined
      ? {}
      : { ...OF_SERVICE, "content-type": "application/xml", "x-ms-error-code": code }),
    ...headers,
  });
  if (cutAfter === undefined) response.end(sent);
  else response.write(sent.subarray(0, cutAfter), () => response.destroy());
}

/** By these the answers of the service are known. */
export const OF_SERVICE = { "x-ms-request-id": "1", "x-ms-version": "2026-10-06", etag: '"0x1"' };

function answerTo(request: ReceivedRequest, blobs: Map<string, Buffer>): Answer {
  const { method, name, query } = request;
  if (query.get("comp") === "list") return listPage(blobs, query);
  if (query.get("comp") === "batch") return batchAnswer(request, (blob) => remove(blobs, blob));
  if (method === "PUT") return put(request, blobs);
  if (method === "DELETE") return remove(blobs, name);
  const blob = blobs.get(name);
  return blob === undefined
    ? { status: 404, code: "BlobNotFound" }
    : { status: 200, headers: OF_SERVICE, body: blob };
}

function put({ name, headers, body }: ReceivedRequest, blobs: Map<string, Buffer>): Answer {
  const isCreate = headers["if-none-match"] === "*";
  if (isCreate && blobs.has(name)) return { status: 409, code: "BlobAlreadyExists" };
  blobs.set(name, body);
  return { status: 201, headers: OF_SERVICE };
}

function remove(blobs: Map<string, Buffer>, name: string): Answer {
  return blobs.delete(name)
    ? { status: 202, headers: OF_SERVICE }
    : { status: 404, code: "BlobNotFound" };
}

/** A service that knows neither `startFrom` nor more than the page size. */
function listPage(blobs: Map<string, Buffer>, query: URLSearchParams): Answer {
  const from = query.get("marker") ?? "";
  const names = [...blobs.keys()]
    .sort()
    .filter((name) => name.startsWith(query.get("prefix") ?? "") && name >= from);
  const size = Number(query.get("maxresults"));
  return listAnswer(names.slice(0, size), names[size]);
}

/** A page of a listing. */
export function listAnswer(names: readonly string[], nextMarker = ""): Answer {
  const items = names.map(
    (name) =>
      `<Blob><Name>${name}</Name><Properties><Last-Modified>Sun, 22 Nov 2026 11:30:19 GMT</Last-Modified>` +
      `<Etag>0x1</Etag><Content-Length>3</Content-Length><BlobType>BlockBlob</BlobType></Properties></Blob>`,
  );
  return {
    status: 200,
    headers: { ...OF_SERVICE, "content-type": "application/xml" },
    body:
      `<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint="x" ContainerName="${CONTAINER}">` +
      `<Blobs>${items.join("")}</Blobs><NextMarker>${nextMarker}</NextMarker></EnumerationResults>`,
  };
}

/** The names of the blobs that a batch is to delete. */
export function namesInBatch({ body }: ReceivedRequest): string[] {
  const lines = body.toString().matchAll(/^DELETE \/account\/container\/(\S+?)(\?\S*)? HTTP/gm);
  return [...lines].map((line) => decodeURIComponent(String(line[1])));
}

/** The answer to a batch, with that of `each` to each of its parts. */
export function batchAnswer(request: ReceivedRequest, each: (name: string) => Answer): Answer {
  const parts = namesInBatch(request).map((name, i) => {
    const { status, code } = each(name);
    const error = code === undefined ? "" : `x-ms-error-code: ${code}\r\n`;
    return (
      `--response\r\nContent-Type: application/http\r\nContent-ID: ${i}\r\n\r\n` +
      `HTTP/1.1 ${status} Something\r\nx-ms-request-id: ${i}\r\n${error}\r\n\r\n`
    );
  });
  return {
    status: 202,
    headers: { ...OF_SERVICE, "content-type": "multipart/mixed; boundary=response" },
    body: `${parts.join("")}--response--\r\n`,
  };
}
