import {
  Agent,
  createServer,
  type IncomingMessage,
  request as openRequest,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream";
import { buffer } from "node:stream/consumers";
import { WfError } from "@wf/core";
import { checkOptions, type OptionNames, show } from "@wf/core/adapter";
import type {
  HeldRequest,
  ObjectStoreFaults,
} from "./conformance/object-store/object-store-subject.ts";

const READ_METHODS: readonly (string | undefined)[] = ["GET", "HEAD", "OPTIONS"];

/** What {@link HttpFaultProxy.open} takes. */
export interface HttpFaultProxyOptions {
  /** Where the server listens: `http://127.0.0.1:9000`, without a path. */
  readonly target: string;
}

const NAMES: OptionNames<HttpFaultProxyOptions> = { target: true };

/** What {@link HttpFaultProxy.answerNextRequest} is to say. */
export interface HttpAnswer {
  /** The status code, such as 503. */
  readonly status: number;
  /** Default none. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Text is sent as UTF-8. Default empty. */
  readonly body?: string | Uint8Array | undefined;
}

/** A request that has arrived whole. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly body: Uint8Array;
  readonly response: ServerResponse;
}

/** What is to happen to the first request that it fits. */
interface Fault {
  readonly fits: (request: IncomingMessage) => boolean;
  readonly meet: (exchange: Exchange) => void;
}

/**
 * A proxy before an HTTP server on this machine that breaks the next request in a chosen way: for tests of
 * what a client makes of a lost answer. Without a fault it passes everything on as it came, byte for byte and
 * with the client's `Host` header, so that signatures of requests stay valid.
 *
 * Faults that are asked for together happen to one request each, in that order.
 *
 * @example
 * const proxy = await HttpFaultProxy.open({ target: "http://127.0.0.1:9000" });
 * const store = new S3ObjectStore({ bucket, endpoint: proxy.url, forcePathStyle: true, ... });
 * return { store, faults: proxy, close: () => proxy.close() };
 */
export class HttpFaultProxy implements ObjectStoreFaults {
  readonly #target: URL;
  readonly #server: Server;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #faults: Fault[] = [];
  #requestCount = 0;

  private constructor(target: URL) {
    this.#target = target;
    this.#server = createServer((request, response) => this.#serve(request, response));
    // A connection that is closed while it is idle would be a fault that nobody asked for.
    this.#server.keepAliveTimeout = 0;
  }

  /**
   * Listens on a free port of the loopback interface.
   *
   * @throws WF_INVALID_ARGUMENT where `target` is no http URL, or has a path
   */
  static async open(options: HttpFaultProxyOptions): Promise<HttpFaultProxy> {
    checkOptions(options, "options", NAMES);
    const { target } = options;
    const url = typeof target === "string" && URL.canParse(target) ? new URL(target) : undefined;
    if (url?.protocol !== "http:" || url.href !== `${url.origin}/`) {
      throw new WfError(
        "WF_INVALID_ARGUMENT",
        `target is ${show(target)}: give a URL like http://127.0.0.1:9000`,
      );
    }
    const proxy = new HttpFaultProxy(url);
    await new Promise<void>((listening, failed) => {
      proxy.#server.once("error", failed).listen(0, "127.0.0.1", listening);
    });
    return proxy;
  }

  /** What the client is given as the address of the server, without a slash at the end. */
  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  get requestCount(): number {
    return this.#requestCount;
  }

  failNextWriteBeforeApplying(): void {
    this.#faults.push({ fits: isWrite, meet: breakConnection });
  }

  loseAnswerOfNextWrite(): void {
    this.#faults.push({
      fits: isWrite,
      meet: (exchange) =>
        this.#forward(exchange, (answer) => {
          answer.resume().once("close", () => breakConnection(exchange));
        }),
    });
  }

  cutAnswerOfNextRead(): void {
    this.#faults.push({
      fits: (request) => !isWrite(request),
      meet: (exchange) =>
        this.#forward(exchange, (answer) => {
          const parts: Buffer[] = [];
          answer.on("data", (part) => parts.push(part));
          answer.once("close", () => {
            const body = Buffer.concat(parts);
            const half = body.subarray(0, body.length / 2);
            if (half.length === 0) return breakConnection(exchange);
            writeHead(exchange.response, answer);
            exchange.response.write(half, () => breakConnection(exchange));
          });
        }),
    });
  }

  holdNextRequest(): HeldRequest {
    const sent = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    this.#faults.push({
      fits: () => true,
      meet: async (exchange) => {
        sent.resolve();
        await released.promise;
        if (!exchange.response.closed) this.#forward(exchange);
      },
    });
    return { sent: sent.promise, release: released.resolve };
  }

  /** The next request, a write or a read, does not reach the server and is answered with this. */
  answerNextRequest(answer: HttpAnswer): void {
    this.#faults.push({
      fits: () => true,
      meet: ({ response }) => {
        response.writeHead(answer.status, { ...answer.headers }).end(answer.body);
      },
    });
  }

  /** Breaks what is under way and stops. */
  async close(): Promise<void> {
    const closed = new Promise<void>((done) => this.#server.close(() => done()));
    this.#server.closeAllConnections();
    this.#agent.destroy();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#requestCount++;
    const next = this.#faults.findIndex(({ fits }) => fits(request));
    const [fault] = next === -1 ? [] : this.#faults.splice(next, 1);
    let body: Uint8Array;
    try {
      body = await buffer(request);
    } catch {
      // The client gave up before it had sent everything.
      return;
    }
    const exchange = { request, body, response };
    if (fault) fault.meet(exchange);
    else this.#forward(exchange);
  }

  /** Sends the request on to the server; `deliver` has the answer. */
  #forward(
    { request, body, response }: Exchange,
    deliver: (answer: IncomingMessage) => void = (answer) => {
      writeHead(response, answer);
      // Where one side breaks off, so does the other, and there is nothing else to do about it.
      pipeline(answer, response, () => {});
    },
  ): void {
    const forwarded = openRequest({
      host: this.#target.hostname,
      port: this.#target.port || 80,
      method: request.method,
      path: request.url,
      headers: request.rawHeaders,
      agent: this.#agent,
    });
    forwarded.once("response", deliver);
    forwarded.once("error", (error) => {
      if (response.headersSent || response.closed) request.socket.destroy();
      else response.writeHead(502).end(`the proxy has no answer of ${this.#target}: ${error}`);
    });
    response.once("close", () => forwarded.destroy());
    forwarded.end(body);
  }
}

function isWrite(request: IncomingMessage): boolean {
  return !READ_METHODS.includes(request.method);
}

function breakConnection({ request }: Exchange): void {
  request.socket.destroy();
}

function writeHead(response: ServerResponse, answer: IncomingMessage): void {
  response.sendDate = false;
  response.writeHead(answer.statusCode as number, answer.statusMessage, answer.rawHeaders);
}
