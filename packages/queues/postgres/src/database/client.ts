/**
 * The part of the npm package `pg` that this package uses, so that a pool or client of any 8.x version of
 * it fits.
 */

export interface PostgresQuery {
  readonly text: string;
  readonly name?: string;
  readonly values?: unknown[];
  readonly rowMode?: "array";
  readonly types?: { getTypeParser(): (value: string) => string };
}

/** A `pg.Client`, or a client of a `pg.Pool`. */
export interface PostgresClient {
  query(query: PostgresQuery): Promise<{ rows: unknown[] }>;
}

/** A client of a `pg.Pool`. */
export interface PostgresPoolClient extends PostgresClient {
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "end", listener: () => void): unknown;
  on(event: "notification", listener: (message: PostgresNotification) => void): unknown;
  removeListener(event: "error", listener: (error: Error) => void): unknown;
  release(destroy?: boolean): void;
  /** Whether queries are sent before those before them are answered. */
  readonly pipeline?: boolean;
  /** Its socket, to be given up where no answer comes. */
  readonly connection?: { readonly stream: { destroy(): unknown } };
}

export interface PostgresNotification {
  readonly channel: string;
  readonly payload?: string | undefined;
}

/** A `pg.Pool`. */
export interface PostgresPool {
  connect(): Promise<PostgresPoolClient>;
  end(): Promise<void>;
  readonly options: { readonly max?: number | undefined };
}
