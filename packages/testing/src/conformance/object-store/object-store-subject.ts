import type { ObjectStore } from "@wf/core";

/** The store that is to be proved, and what the suite may ask of it. */
export interface ObjectStoreSubject {
  /** How the store is called in the names of the tests. */
  readonly name: string;
  /** A store that is empty and that no other case uses, and how to dispose of it. Called for every case. */
  open(): Promise<OpenedObjectStore> | OpenedObjectStore;
  /**
   * Objects that the store lists with one request. The cases about paging store 60 more than that, so a store
   * that can be opened with small pages is proved quicker, and on more of them. At least 3. Default 1,000.
   */
  readonly pageSize?: number | undefined;
  /**
   * The store works in this process or on its disk: there is no way to a server, and the cases about faults on
   * it are not made. Default false.
   */
  readonly isLocal?: boolean | undefined;
  /** Size of the largest body that is stored, in bytes. At least 1 MiB. Default 8 MiB. */
  readonly largeBodyBytes?: number | undefined;
  /**
   * Cases that fail for a reason that is known and not the adapter's, such as a fault of an emulator: the
   * reason by the id of the case. They run all the same. One that fails is reported as skipped with its
   * reason, and one that passes as failed, so that the list stays honest.
   */
  readonly knownGaps?: Readonly<Record<string, string>> | undefined;
}

/** A store for one case of the suite. */
export interface OpenedObjectStore {
  /** Empty, and no other case's. */
  readonly store: ObjectStore;
  /** Where it is missing, the cases about faults on the way are reported as skipped. */
  readonly faults?: ObjectStoreFaults | undefined;
  /** Disposes of the store and its data. Called once, whether or not the case passed. */
  close?(): Promise<void> | void;
}

/**
 * Power over the way between a store and its server: what to do to the next request. A request is what
 * travels once: when the store repeats it, that is another one. `HttpFaultProxy` does it for stores that
 * speak HTTP.
 *
 * A write is a request that changes the server's state (in HTTP: `PUT`, `POST`, `PATCH` and `DELETE`), a
 * read any other. What was asked for happens to one request, and the ones after it pass.
 */
export interface ObjectStoreFaults {
  /** How many requests the store has sent, those that met a fault among them. */
  readonly requestCount: number;
  /** The next write does not reach the server, and the connection breaks without an answer. */
  failNextWriteBeforeApplying(): void;
  /** The server carries the next write out, or refuses it; the connection breaks without an answer. */
  loseAnswerOfNextWrite(): void;
  /** The connection breaks in the middle of the answer to the next read, or before one without a body. */
  cutAnswerOfNextRead(): void;
  /** The next request, a write or a read, waits on the way. */
  holdNextRequest(): HeldRequest;
}

/** A request that waits on the way to the server. */
export interface HeldRequest {
  /** Resolves when the store has sent the request. */
  readonly sent: Promise<void>;
  /** Lets it pass. A request that the store has given up by then does not reach the server. */
  release(): void;
}
