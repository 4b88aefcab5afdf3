import type { Duration } from "../duration.ts";
import type { Memo } from "../memo/memo.ts";
import type { Effects } from "../queue/effects.ts";
import type { Claim } from "../queue/queue.ts";
import { JoinedSignal } from "./joined-signal.ts";
import { userHeaders } from "./run-keys.ts";
import type { RuntimeContext } from "./runtime-context.ts";
import { StagedKvEffects } from "./staged-effects.ts";
import type { Step } from "./step.ts";
import type { StepEffects } from "./step-effects.ts";

/** A step as its runner sees it. What few runners use is made when it is asked for. */
export class RunningStep implements Step {
  readonly runId: string;
  readonly stepNumber: number;
  signal: Uint8Array | undefined;
  readonly #context: RuntimeContext;
  readonly #claim: Claim;
  #headers: Readonly<Record<string, string>> | undefined;
  #memo: Memo | undefined;
  #effects: StagedKvEffects | undefined;
  #abortSignal: JoinedSignal | undefined;
  readonly #shutdown: AbortSignal;
  #returned = false;

  constructor(
    context: RuntimeContext,
    claim: Claim,
    runId: string,
    stepNumber: number,
    shutdown: AbortSignal,
  ) {
    this.#context = context;
    this.#claim = claim;
    this.#shutdown = shutdown;
    this.runId = runId;
    this.stepNumber = stepNumber;
  }

  get payload(): Uint8Array {
    return this.#claim.job.payload;
  }

  get headers(): Readonly<Record<string, string>> {
    this.#headers ??= userHeaders(this.#claim.job.headers);
    return this.#headers;
  }

  get jobId(): string {
    return this.#claim.job.id;
  }

  get attempts(): number {
    return this.#claim.job.attempts;
  }

  get abortSignal(): AbortSignal {
    this.#abortSignal ??= new JoinedSignal(this.#claim.abortSignal, this.#shutdown);
    return this.#abortSignal.signal;
  }

  get memo(): Memo {
    this.#memo ??= this.#context.memos.memo(this.runId, this.stepNumber);
    return this.#memo;
  }

  get effects(): StepEffects {
    if (this.#effects === undefined) {
      this.#effects = new StagedKvEffects();
      if (this.#returned) this.#effects.seal();
    }
    return this.#effects;
  }

  async ensureLease(remaining: Duration): Promise<void> {
    await this.#claim.ensureLease(remaining);
  }

  /** Refuses further effects, and gives those staged, if any. */
  sealEffects(): Effects | undefined {
    this.#returned = true;
    this.#effects?.seal();
    return this.#effects?.collect();
  }

  /** The runner is through: effects are refused from now on, and the signal stays as it is. */
  end(): void {
    this.#returned = true;
    this.#effects?.seal();
    this.#abortSignal?.release();
  }
}
