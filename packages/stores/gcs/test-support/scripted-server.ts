import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate as turn } from "node:timers/promises";

/** An answer, or what happens instead of one. */
export type Step = ScriptedAnswer | "dropped" | "held";

export interface ScriptedAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Breaks the connection after these bytes of the body. */
  readonly cutAfter?: number;
  /** Sends no more after these bytes of the body. */
  readonly stopAfter?: number;
}

export interface ReceivedRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A server on the loopback interface that answers its requests in turn as scripted, and keeps them. */
export class ScriptedServer {
  /** In the order in which they came, whole. */
  readonly requests: ReceivedRequest[] = [];
  readonly #steps: Step[];
  readonly #server = createServer((request, response) => this.#serve(request, response));

  #connections = 0;
  #abandoned = 0;

  private constructor(steps: readonly Step[]) {
    this.#steps = [...steps];
    this.#server.on("connection", () => this.#connections++);
  }

  static async open(...steps: readonly Step[]): Promise<ScriptedServer> {
    const scripted = new ScriptedServer(steps);
    await new Promise<void>((done) => scripted.#server.listen(0, "127.0.0.1", done));
    return scripted;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Resolves when the server has got so many requests. */
  async received(count: number): Promise<void> {
    while (this.requests.length < count) await turn();
  }

  /** Resolves when so many requests were given up by the client. */
  async abandoned(count: number): Promise<void> {
    while (this.#abandoned < count) await turn();
  }

  /** How many connections were opened. */
  get connections(): number {
    return this.#connections;
  }

  async close(): Promise<void> {
    const closed = new Promise((done) => this.#server.close(done));
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = Buffer.concat(await request.toArray());
    const { method = "", headers } = request;
    this.requests.push({ method, url: new URL(request.url as string, this.url), headers, body });
    const step = this.#steps.shift() ?? { status: 599, body: "more requests than scripted" };
    if (step === "dropped") request.socket.destroy();
    else if (step === "held") response.once("close", () => this.#abandoned++);
    else answer(response, step);
  }
}

function answer(response: ServerResponse, scripted: ScriptedAnswer): void {
  const { status, headers, body = "", cutAfter, stopAfter } = scripted;
  const bytes = Buffer.from(body);
  response.writeHead(status, { "content-length": bytes.length, ...headers });
  if (cutAfter !== undefined) response.write(bytes.subarray(0, cutAfter), () => response.destroy());
  else if (stopAfter !== undefined) response.write(bytes.subarray(0, stopAfter));
  else response.end(bytes);
}
