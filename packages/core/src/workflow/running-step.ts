import type { Duration } from "../duration.ts";
import type { Memo } from "../memo/memo.ts";
import type { Effects } from "../queue/effects.ts";
import type { Claim } from "../queue/queue.ts";
import { userHeaders } from "./run-keys.ts";
import type { RuntimeContext } from "./runtime-context.ts";
import { StagedKvEffects } from "./staged-effects.ts";
import type { Step } from "./step.ts";
import type { StepEffects } from "./step-effects.ts";

/** A step as its runner sees it. What few runners use is made when it is asked for. */
export class RunningStep implements Step {
  readonly runId: string;
  readonly stepNumber: number;
  readonly #context: RuntimeContext;
  readonly #claim: Claim;
  #headers: Readonly<Record<string, string>> | undefined;
  #memo: Memo | undefined;
  #effects: StagedKvEffects | undefined;
  #returned = false;

  constructor(context: RuntimeContext, claim: Claim, runId: string, stepNumber: number) {
    this.#context = context;
    this.#claim = claim;
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
    return this.#claim.abortSignal;
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
}
