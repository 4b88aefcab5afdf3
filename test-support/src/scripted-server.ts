import { once } from "node:events";
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { buffer } from "node:stream/consumers";

/** What the server does with one request. */
export type Answer =
  | WholeAnswer
  /** The request is read, and the connection closed without an answer. */
  | "drop"
  /** The request is read and never answered. */
  | "hang";

export interface WholeAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Where the connection is cut or comes to a halt instead of the rest of the body. */
  readonly bodyEnds?: { readonly after: number; readonly by: "cut" | "halt" };
}

export interface SeenRequest {
  readonly method: string;
  /** Path and query as sent. */
  readonly path: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Which connection it came on, counted from 0. */
  readonly connection: number;
}

/** An HTTP server on loopback that answers as the test says, one answer a request, and keeps what it was asked. */
export class ScriptedServer {
  /** In the order in which they came, whole. */
  readonly requests: SeenRequest[] = [];
  /** How a request is answered for which nothing is scripted. Its index counts all requests. */
  otherwise: Answer | ((request: SeenRequest, index: number) => Answer) = {
    status: 599,
    body: "no answer is scripted for this request",
  };
  readonly #server: Server;
  readonly #answers: Answer[] = [];
  readonly #waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  readonly #connections = new Map<Socket, number>();

  private constructor() {
    this.#server = createServer((request, response) => this.#serve(request, response));
    // A connection that is closed while it is idle would be an end that nobody scripted.
    this.#server.keepAliveTimeout = 0;
  }

  static async open(): Promise<ScriptedServer> {
    const server = new ScriptedServer();
    server.#server.listen(0, "127.0.0.1");
    await once(server.#server, "listening");
    return server;
  }

  /** `http://127.0.0.1:12345` */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The answers to the next requests, in turn. */
  script(...answers: readonly Answer[]): void {
    this.#answers.push(...answers);
  }

  /** Resolves when `count` requests have come in all, and were answered as far as they are. */
  async received(count: number): Promise<void> {
    if (this.requests.length >= count) return;
    await new Promise<void>((resolve) => this.#waiting.push({ count, resolve }));
  }

  /** Resolves when the connection of this number is closed. */
  async disconnected(connection: number): Promise<void> {
    const [socket] = [...this.#connections].find(([, number]) => number === connection) ?? [];
    if (socket === undefined) throw new Error(`there was no connection ${connection}`);
    // A client may reset it, which `once` would take for a failure.
    if (!socket.closed) await new Promise((closed) => socket.once("close", closed));
  }

  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket, method = "", url: path = "", headers } = message;
    if (!this.#connections.has(socket)) this.#connections.set(socket, this.#connections.size);
    const connection = this.#connections.get(socket) as number;
    const body = await buffer(message);
    const request = { method, path, url: new URL(path, this.url), headers, body, connection };
    const index = this.requests.push(request) - 1;
    answer(response, this.#answers.shift() ?? this.#otherwise(request, index));
    for (const { count, resolve } of this.#waiting) {
      if (this.requests.length >= count) resolve();
    }
  }

  #otherwise(request: SeenRequest, index: number): Answer {
    return typeof this.otherwise === "function" ? this.otherwise(request, index) : this.otherwise;
  }
}

function answer(response: ServerResponse, said: Answer): void {
  if (said === "hang") return;
  if (said === "drop") {
    response.destroy();
    return;
  }
  const { status, headers = {}, bodyEnds } = said;
  const body = Buffer.from(said.body ?? "");
  const hasBody = status !== 204 && status !== 304;
  response.writeHead(status, { ...(hasBody && { "content-length": body.length }), ...headers });
  if (bodyEnds === undefined) {
    response.end(body);
    return;
  }
  response.write(body.subarray(0, bodyEnds.after), () => {
    if (bodyEnds.by === "cut") response.destroy();
  });
}
