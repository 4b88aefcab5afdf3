/**
 * The part of the npm package `pg` that this package uses, so that a pool or client of any 8.x version of
 * it fits.
 */

/** What a client is asked for, as `pg` takes it. */
export interface PostgresQuery {
  /** SQL, with `$1` for the first of `values`. */
  readonly text: string;
  /** With a name, the server prepares the statement once a connection. */
  readonly name?: string;
  /** The parameters. */
  readonly values?: unknown[];
  /** Rows are arrays in the order of the columns; without it they are objects. */
  readonly rowMode?: "array";
  /** How the text of each column is read. */
  readonly types?: { getTypeParser(): (value: string) => string };
}

/** A `pg.Client`, or a client of a `pg.Pool`. */
export interface PostgresClient {
  /** Runs one statement; `rows` is what it gave. */
  query(query: PostgresQuery): Promise<{ rows: unknown[] }>;
}

/** A client of a `pg.Pool`. */
export interface PostgresPoolClient extends PostgresClient {
  /** The connection broke while nothing was asked. */
  on(event: "error", listener: (error: Error) => void): unknown;
  /** The connection has ended. */
  on(event: "end", listener: () => void): unknown;
  /** A `NOTIFY` came on a channel that this connection listens to. */
  on(event: "notification", listener: (message: PostgresNotification) => void): unknown;
  /** Takes a listener for errors off again. */
  removeListener(event: "error", listener: (error: Error) => void): unknown;
  /** Gives the connection back to the pool, or, with true, closes it. */
  release(destroy?: boolean): void;
  /** Whether queries are sent before those before them are answered. */
  readonly pipeline?: boolean;
  /** Its socket, to be given up where no answer comes. */
  readonly connection?: { readonly stream: { destroy(): unknown } };
}

/** What a `NOTIFY` has brought. */
export interface PostgresNotification {
  /** The channel that it came on. */
  readonly channel: string;
  /** The text that was sent along. */
  readonly payload?: string | undefined;
}

/** A `pg.Pool`. */
export interface PostgresPool {
  /** A connection that nobody else uses until it is released. */
  connect(): Promise<PostgresPoolClient>;
  /** Closes all connections. Only the queue's own pool is ended. */
  end(): Promise<void>;
  /** How the pool was made; `max` is how many connections it may have. */
  readonly options: { readonly max?: number | undefined };
}
