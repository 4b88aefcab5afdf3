import { type AddressInfo, createServer, type Server, type Socket, connect as tcp } from "node:net";

/**
 * When a connection is cut, at a message of the client's: `before` it reaches the server; `on` it, so that the
 * server gets it and the client is gone already; `after` the server has answered the commit that it is, and before
 * the client hears it. `never`: nothing goes through any more, and nobody is told.
 */
export type CutMoment = "before" | "on" | "after" | "never";

interface Cut {
  readonly moment: CutMoment;
  readonly isAt: (message: ClientMessage) => boolean;
  readonly done: () => void;
}

/** A message as the client sends it. */
export interface ClientMessage {
  /** As in "Message Formats" of PostgreSQL's protocol: `Q` is a statement without parameters, `B` a prepared one. */
  readonly type: string;
  /** The statement of a `Q`, the name of that of a `B`. */
  readonly text: string;
  /** The prepared statements that its transaction has run. */
  readonly transaction: readonly string[];
}

const SSL_REQUEST = 80_877_103;

/** Stands between clients and a server, and cuts a connection at a message that a test names. */
export class CuttingProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #target: number;
  readonly #sockets = new Set<Socket>();
  #cut: Cut | undefined;
  #watcher: (message: ClientMessage) => void = () => {};
  /** Connections that were cut. */
  cuts = 0;
  /** Whether the network goes down as a connection is cut. */
  staysDown = false;
  /** Refuses connections, and drops those that there are. */
  #isDown = false;

  private constructor(server: Server, target: number) {
    this.#server = server;
    this.#target = target;
    this.port = (server.address() as AddressInfo).port;
    server.on("connection", (client) => this.#serve(client));
  }

  static async start(target: number): Promise<CuttingProxy> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new CuttingProxy(server, target);
  }

  url(database = "postgres"): string {
    return `postgresql://postgres@127.0.0.1:${this.port}/${database}`;
  }

  /** Cuts the next connection on which such a message comes; resolves when it has. */
  cutAt(moment: CutMoment, isAt: (message: ClientMessage) => boolean): Promise<void> {
    return new Promise((done) => {
      this.#cut = { moment, isAt, done };
    });
  }

  /** At the commit of a transaction that has run one of these prepared statements. */
  cutAtCommit(moment: CutMoment, statements: readonly (string | undefined)[]): Promise<void> {
    return this.cutAt(
      moment,
      ({ text, transaction }) =>
        text === "COMMIT" && transaction.some((name) => statements.includes(name)),
    );
  }

  /** From now on, tells `watcher` of every message. */
  watch(watcher: (message: ClientMessage) => void): void {
    this.#watcher = watcher;
  }

  /** As a network that is down. */
  down(drops: (socket: Socket) => boolean = () => true): void {
    this.#isDown = true;
    for (const socket of this.#sockets) if (drops(socket)) socket.destroy();
  }

  up(): void {
    this.#isDown = false;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(client: Socket): void {
    if (this.#isDown) return void client.destroy();
    const server = tcp(this.#target, "127.0.0.1");
    const end = () => {
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on("error", end);
      socket.on("close", () => {
        this.#sockets.delete(socket);
        end();
      });
    }
    let isMuted = false;
    server.on("data", (chunk: Buffer) => {
      if (!isMuted) client.write(chunk);
      // There may be answers to what came before; this one shows that it has committed.
      else if (chunk.includes("COMMIT\0")) end();
    });
    const messages = new ClientMessages();
    client.on("data", (chunk: Buffer) => {
      for (const { message, bytes } of messages.add(chunk)) {
        if (isMuted) return;
        this.#watcher(message);
        const cut = this.#cut;
        if (cut === undefined || !cut.isAt(message)) {
          server.write(bytes);
          continue;
        }
        this.#cut = undefined;
        this.cuts++;
        isMuted = true;
        if (this.staysDown) this.down((socket) => socket !== client && socket !== server);
        if (cut.moment === "never") return cut.done();
        if (cut.moment === "before") end();
        else server.write(bytes, () => cut.moment === "on" && end());
        client.on("close", cut.done);
        return;
      }
    });
  }
}

/** Splits what a client sends into its messages. */
class ClientMessages {
  #buffer: Buffer = Buffer.alloc(0);
  #hasStarted = false;
  #transaction: string[] = [];

  *add(chunk: Buffer): Generator<{ message: ClientMessage; bytes: Buffer }> {
    this.#buffer = Buffer.concat([this.#buffer, chunk]);
    for (;;) {
      // The first message has no type.
      const head = this.#hasStarted ? 1 : 0;
      if (this.#buffer.length < head + 4) return;
      const length = head + this.#buffer.readInt32BE(head);
      if (this.#buffer.length < length) return;
      const bytes = this.#buffer.subarray(0, length);
      this.#buffer = this.#buffer.subarray(length);
      if (!this.#hasStarted) {
        this.#hasStarted = bytes.readInt32BE(4) !== SSL_REQUEST;
        yield { message: { type: "startup", text: "", transaction: [] }, bytes };
        continue;
      }
      const type = String.fromCharCode(bytes[0] as number);
      const text = textOf(type, bytes);
      if (type === "B") this.#transaction.push(text);
      if (type === "Q" && text.startsWith("BEGIN")) this.#transaction = [];
      yield { message: { type, text, transaction: this.#transaction }, bytes };
    }
  }
}

function textOf(type: string, bytes: Buffer): string {
  if (type === "Q") return bytes.toString("utf8", 5, bytes.length - 1);
  if (type !== "B") return "";
  const name = bytes.indexOf(0, 5) + 1; // after that of the portal
  return bytes.toString("utf8", name, bytes.indexOf(0, name));
}
