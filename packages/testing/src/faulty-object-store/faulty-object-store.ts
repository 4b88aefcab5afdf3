import {
  type Duration,
  type GetOptions,
  type ListOptions,
  type ObjectMeta,
  type ObjectStore,
  type PutOptions,
  type StoreCallOptions,
  StoreError,
  toMs,
  WfError,
} from "@wf/core";
import { checkDelete, checkGet, checkListing, checkObjectStore, checkPut } from "@wf/core/adapter";
import { type Fate, Fates } from "./fates.ts";
import type { StoreOperation } from "./fault-rules.ts";
import {
  type FaultyObjectStoreOptions,
  type ResolvedFaultyOptions,
  resolveFaultyOptions,
} from "./faulty-options.ts";
import { StoreRequest } from "./store-request.ts";

/** One thing that happened to a request. */
export interface FaultyStoreEvent {
  /** Milliseconds since the Unix epoch, by the store's clock. */
  readonly at: number;
  /** Of the request, from 1; 0 for what happened to the whole store. */
  readonly request: number;
  /**
   * `asked`: the request came. `done`: the store behind did it, or refused it with `code`. `answered`, `failed`:
   * what its caller was told. `aborted`: its caller gave up. `dropped`: it will never be done. `crashed`,
   * `outage`: the whole store.
   */
  readonly event:
    | "asked"
    | "done"
    | "answered"
    | "failed"
    | "aborted"
    | "dropped"
    | "crashed"
    | "outage";
  /** What was asked for, with `asked`. */
  readonly operation?: StoreOperation;
  /** The key, the first of several, or the prefix that is listed. */
  readonly key?: string;
  /** What decided over the request, with `asked`. */
  readonly fault?: string;
  /** That of the error, with `done` and `failed`; undefined for a success. */
  readonly code?: string;
}

/** What the store behind has said; undefined for what was dropped. */
type Result = { readonly value: unknown } | { readonly error: unknown } | undefined;

/**
 * An `ObjectStore` that behaves as a bad day has it, over one that works: slow, busy, down, with answers that are lost,
 * writes that arrive after their caller gave up, and a process that ends at any write. What it does is drawn from a
 * seed, on a clock: the same calls at the same times meet the same faults.
 *
 * Wrap one for each process of a simulated system, around one store that all share. Without options it passes
 * everything through. It never breaks the contract of `ObjectStore`; what it shows is what the contract allows.
 *
 * @example
 * const clock = new MockClock();
 * const store = new FaultyObjectStore(new MemoryObjectStore({ clock }), {
 *   clock,
 *   random: seededRandom(7),
 *   delay: { min: 5, max: 50 },
 *   rules: [
 *     { on: ["put", "delete"], probability: 0.05, fault: { kind: "lost_answer" } },
 *     { keys: /\/log\//, probability: 0.01, fault: { kind: "late", min: "1s", max: "1m" } },
 *   ],
 * });
 */
export class FaultyObjectStore implements ObjectStore {
  readonly #inner: ObjectStore;
  readonly #options: ResolvedFaultyOptions;
  readonly #fates: Fates;
  readonly #underWay = new Set<StoreRequest>();
  #trace: FaultyStoreEvent[] = [];
  #requests = 0;
  #crashed = false;

  /** @throws WF_INVALID_ARGUMENT, WF_INVALID_DURATION naming the field, its value and what is allowed */
  constructor(inner: ObjectStore, options: FaultyObjectStoreOptions) {
    checkObjectStore(inner);
    this.#inner = inner;
    this.#options = resolveFaultyOptions(options);
    this.#fates = new Fates(this.#options);
  }

  async put(key: string, body: Uint8Array, options: PutOptions = {}): Promise<void> {
    checkPut(key, body, options);
    const { ifAbsent, signal } = options;
    // A copy, as it may be stored when its caller has given up and uses its buffer again.
    const own = new Uint8Array(body);
    await this.#request("put", [key], signal, () => this.#inner.put(key, own, { ifAbsent }));
  }

  async get(key: string, options: GetOptions = {}): Promise<Uint8Array | undefined> {
    checkGet(key, options);
    const { range, signal } = options;
    return await this.#request("get", [key], signal, () => this.#inner.get(key, { range }));
  }

  async delete(keys: string | readonly string[], options: StoreCallOptions = {}): Promise<void> {
    const all = [...checkDelete(keys, options)];
    await this.#request("delete", all, options.signal, (part) => this.#inner.delete(part));
  }

  async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ObjectMeta> {
    checkListing(prefix, options);
    const { signal } = options;
    const { listPageSize } = this.#options;
    let { startAfter } = options;
    for (;;) {
      const after = startAfter;
      const page = await this.#request("list", [prefix], signal, () => this.#page(prefix, after));
      for (const meta of page) {
        yield meta;
        signal?.throwIfAborted();
      }
      if (page.length < listPageSize) return;
      startAfter = page.at(-1)?.key;
    }
  }

  /** Whether the process that uses this store is gone. */
  get crashed(): boolean {
    return this.#crashed;
  }

  /** What happened, oldest first: at least the newest `traceMaxEntries` of it. */
  get trace(): readonly FaultyStoreEvent[] {
    return this.#trace;
  }

  /**
   * The process that uses this store ends here. Nothing more of it reaches the store behind, except the writes under
   * way that the seed lets land, each at its own time, which may be after another process has taken over; of a
   * delete of several keys perhaps only the first. No call of before or after is ever answered (`afterCrash`).
   */
  crash(): void {
    if (this.#crashed) return;
    this.#crashed = true;
    this.#note(0, { event: "crashed" });
    for (const request of this.#underWay) {
      const lands = request.isWrite && this.#fates.chance(this.#options.landsAfterCrash);
      this.#cutOff(request, lands);
      if (this.#options.hangs) request.hang();
      else request.fail(crashedError());
    }
  }

  /** Every request that is made within `duration` from now fails with WF_STORE_UNAVAILABLE. @throws WF_INVALID_DURATION */
  outage(duration: Duration): void {
    this.#fates.downUntil(this.#options.clock.now() + toMs(duration));
    this.#note(0, { event: "outage" });
  }

  #request<T>(
    operation: StoreOperation,
    keys: readonly string[],
    signal: AbortSignal | undefined,
    act: (keys: readonly string[]) => Promise<T>,
  ): Promise<T> {
    if (this.#crashed) {
      return this.#options.hangs ? new Promise(() => {}) : Promise.reject(crashedError());
    }
    if (signal?.aborted) return Promise.reject(signal.reason);
    const request = new StoreRequest(++this.#requests, operation, keys);
    const fate = this.#fates.draw(operation, keys);
    const fault = fate.crashes ? "crash" : fate.fault;
    const details = fault === undefined ? {} : { fault };
    this.#note(request.number, { event: "asked", operation, key: keys[0] ?? "", ...details });
    this.#underWay.add(request);
    this.#heed(signal, request);
    if (fate.crashes) this.crash();
    void this.#run(request, fate, act);
    return request.promise as Promise<T>;
  }

  async #run(
    request: StoreRequest,
    { ending, thereMs, backMs, lateMs }: Fate,
    act: (keys: readonly string[]) => Promise<unknown>,
  ): Promise<void> {
    if (ending === "lost_answer" || ending === "late") {
      request.cutTo = this.#fates.part(request.keys);
    }
    const doing = ending === "unavailable" ? undefined : this.#do(request, thereMs + lateMs, act);
    const isWaitedFor = ending === "own" || ending === "lost_answer";
    const result = isWaitedFor ? await doing : await this.#sleep(thereMs);
    await this.#sleep(backMs);
    if (ending === "own") this.#pass(request, result as Result);
    else this.#fail(request, ending === "unavailable" ? unavailable(request) : lost(request));
    await doing; // a late one is under way until it is done
    this.#underWay.delete(request);
  }

  /** Has the request done by the store behind when its time has come, unless it was dropped until then. */
  async #do(
    request: StoreRequest,
    afterMs: number,
    act: (keys: readonly string[]) => Promise<unknown>,
  ): Promise<Result> {
    // Without a delay it is done as it is called.
    if (afterMs > 0) await this.#sleep(afterMs);
    if (request.isDropped) return undefined;
    request.isDone = true;
    try {
      const value = await act(request.cutTo ?? request.keys);
      this.#note(request.number, { event: "done" });
      return { value };
    } catch (error) {
      this.#note(request.number, { event: "done", code: codeOf(error) });
      return { error };
    }
  }

  /** Tells the caller what the store behind has said. */
  #pass(request: StoreRequest, result: Result): void {
    if (result === undefined) return;
    if ("error" in result) return this.#fail(request, result.error);
    if (request.answer(result.value)) this.#note(request.number, { event: "answered" });
  }

  async #page(prefix: string, startAfter: string | undefined): Promise<ObjectMeta[]> {
    const page: ObjectMeta[] = [];
    for await (const meta of this.#inner.list(prefix, { startAfter })) {
      page.push(meta);
      if (page.length === this.#options.listPageSize) break;
    }
    return page;
  }

  async #sleep(ms: number): Promise<void> {
    if (ms > 0) await this.#options.clock.sleep(ms);
  }

  #heed(signal: AbortSignal | undefined, request: StoreRequest): void {
    if (signal === undefined) return;
    const onAbort = () => {
      if (!request.fail(signal.reason)) return;
      this.#note(request.number, { event: "aborted" });
      this.#cutOff(request, request.isWrite && this.#fates.chance(0.5));
    };
    signal.addEventListener("abort", onAbort, { once: true });
    const forget = () => signal.removeEventListener("abort", onAbort);
    request.promise.then(forget, forget);
  }

  /** Nobody waits for the request any more: it may be done all the same. */
  #cutOff(request: StoreRequest, lands: boolean): void {
    if (request.isDone || request.isDropped) return;
    if (lands) {
      request.cutTo ??= this.#fates.part(request.keys);
    } else {
      request.isDropped = true;
      this.#note(request.number, { event: "dropped" });
    }
  }

  #fail(request: StoreRequest, error: unknown): void {
    if (!request.fail(error)) return;
    this.#note(request.number, { event: "failed", code: codeOf(error) });
  }

  #note(request: number, event: Omit<FaultyStoreEvent, "at" | "request">): void {
    const { traceMaxEntries, clock } = this.#options;
    if (traceMaxEntries === 0) return;
    this.#trace.push({ at: clock.now(), request, ...event });
    // Dropped in bulk, so that each entry is moved about once.
    if (this.#trace.length >= 2 * traceMaxEntries) {
      this.#trace = this.#trace.slice(-traceMaxEntries);
    }
  }
}

function codeOf(error: unknown): string {
  return WfError.is(error) ? error.code : String(error);
}

function unavailable({ operation, keys: [key] }: StoreRequest): StoreError {
  return new StoreError("WF_STORE_UNAVAILABLE", `${operation} ${key}: injected, it was not done`);
}

function lost({ operation, keys: [key] }: StoreRequest): StoreError {
  const message = `${operation} ${key}: injected, the answer is lost`;
  return new StoreError("WF_STORE_OUTCOME_UNKNOWN", message);
}

function crashedError(): StoreError {
  return new StoreError("WF_STORE_UNAVAILABLE", "injected, the process has crashed");
}
