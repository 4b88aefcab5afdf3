import { WfError } from "../errors.ts";
import { checkEnqueue, checkKvKey, checkKvValue } from "../queue/checks.ts";
import type { Effects, EnqueueRequest } from "../queue/effects.ts";
import { checkNoReservedHeader, checkNotReserved } from "./run-keys.ts";
import type { StepEffects } from "./step-effects.ts";
import type { TerminalEffects } from "./terminal-effects.ts";

/** Effects collected while the application's code runs, to be committed with the outcome of that run. */
export class StagedKvEffects implements StepEffects {
  readonly #puts = new Map<string, Uint8Array>();
  readonly #deletes = new Set<string>();
  #sealed = false;

  put(key: string, value: Uint8Array): void {
    this.#checkOpen(key);
    checkKvValue(key, value);
    if (this.#deletes.has(key)) throw conflict(key);
    // A copy, because the caller may use its buffer again before the commit.
    this.#puts.set(key, value.slice());
  }

  delete(key: string): void {
    this.#checkOpen(key);
    if (this.#puts.has(key)) throw conflict(key);
    this.#deletes.add(key);
  }

  /** Refuses everything from now on. */
  seal(): void {
    this.#sealed = true;
  }

  collect(): Effects {
    return { put: Object.fromEntries(this.#puts), delete: [...this.#deletes] };
  }

  protected checkSealed(what: string): void {
    if (!this.#sealed) return;
    throw new WfError(
      "WF_EFFECTS_SEALED",
      `${what} was staged after its run had returned, too late to be committed; await everything first`,
    );
  }

  #checkOpen(key: string): void {
    checkKvKey(key);
    this.checkSealed(`KV key ${JSON.stringify(key)}`);
    checkNotReserved(key);
  }
}

/** As {@link StagedKvEffects}, with jobs. */
export class StagedTerminalEffects extends StagedKvEffects implements TerminalEffects {
  readonly #requests: EnqueueRequest[] = [];

  enqueue(request: EnqueueRequest): void {
    checkEnqueue(request.queue, request.payload, request);
    this.checkSealed(`a job for queue ${JSON.stringify(request.queue)}`);
    checkNothingReserved(request);
    this.#requests.push(request);
  }

  override collect(): Effects {
    return { ...super.collect(), enqueue: this.#requests };
  }
}

function checkNothingReserved({ headers = {}, kv = {}, onDead = {} }: EnqueueRequest): void {
  checkNoReservedHeader(headers);
  const keys = [kv, onDead.put ?? {}].flatMap(Object.keys);
  for (const key of [...keys, ...(onDead.delete ?? [])]) checkNotReserved(key);
}

function conflict(key: string): WfError {
  return new WfError(
    "WF_CONFLICTING_EFFECT",
    `KV key ${JSON.stringify(key)} is staged to be put and to be deleted; decide for one`,
    { key },
  );
}
