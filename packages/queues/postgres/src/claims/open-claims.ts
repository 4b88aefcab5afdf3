import { WfError } from "@wf/core";
import { arrays } from "../database/array-parameter.ts";
import type { Database } from "../database/database.ts";
import { call, type Row } from "../database/session.ts";
import { Gather } from "../gather.ts";
import type { QueueClock } from "../time/queue-clock.ts";
import type { ClaimStatements } from "./claim-statements.ts";
import type { Claims, JobClaim } from "./job-claim.ts";

interface Extension {
  readonly claim: JobClaim;
  readonly remainingMs: number;
}

/** The claims that this process has given out and that are not settled. */
export class OpenClaims implements Claims {
  readonly #database: Database;
  readonly #clock: QueueClock;
  readonly #statements: ClaimStatements;
  readonly #checkOpen: () => void;
  readonly #byJob = new Map<string, JobClaim>();
  readonly #extensions: Gather<Extension, undefined>;

  constructor(
    database: Database,
    clock: QueueClock,
    statements: ClaimStatements,
    checkOpen: () => void,
  ) {
    this.#database = database;
    this.#clock = clock;
    this.#statements = statements;
    this.#checkOpen = checkOpen;
    this.#extensions = new Gather((extensions) => this.#extendAll(extensions));
  }

  get now(): number {
    return this.#clock.now();
  }

  checkOpen(): void {
    this.#checkOpen();
  }

  add(claims: readonly JobClaim[]): void {
    for (const claim of claims) this.#byJob.set(claim.job.id, claim);
  }

  /** The delivery has ended by a settlement. */
  settle(claim: JobClaim): void {
    claim.settle();
    this.#remove(claim);
  }

  /** The job was taken back, which the database says. */
  lose(claim: JobClaim): void {
    claim.lose();
    this.#remove(claim);
  }

  /** Of jobs that were taken back, with the tokens of their deliveries. */
  loseTaken(taken: readonly (readonly [id: string, token: string])[]): void {
    for (const [id, token] of taken) {
      const claim = this.#byJob.get(id);
      if (claim?.batchToken === token) this.lose(claim);
    }
  }

  requestCancel(jobIds: readonly string[]): void {
    for (const id of jobIds) this.#byJob.get(id)?.requestCancel();
  }

  async extend(claim: JobClaim, remainingMs: number): Promise<void> {
    await this.#extensions.get({ claim, remainingMs });
    claim.check();
  }

  /** When the first of the leases ends, as far as this process knows. */
  nextExpiry(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { leaseExpiresAt } of this.#byJob.values()) next = Math.min(next, leaseExpiresAt);
    return next;
  }

  /** Asks the database how the claims stand: which were taken back, and which were asked to stop. */
  async check(claims: readonly JobClaim[] = [...this.#byJob.values()]): Promise<void> {
    if (claims.length === 0) return;
    const ids = arrays.text(claims.map(({ job }) => job.id));
    const rows = await this.#database.use(async (session) => {
      const [, found] = await session.commit([
        this.#database.begin(),
        call(this.#statements.check, ids),
      ]);
      return found as readonly Row[];
    });
    const held = new Map(rows.map((row) => [row[0] as string, row]));
    for (const claim of claims) this.#learn(claim, held.get(claim.job.id));
  }

  /** Those whose leases are over by this process's clock. */
  overdue(): JobClaim[] {
    const now = this.now;
    return [...this.#byJob.values()].filter(({ leaseExpiresAt }) => leaseExpiresAt <= now);
  }

  /** The database cannot be asked: tells the handlers whose leases are over that others may have their jobs. */
  warnOverdue(): void {
    for (const claim of this.overdue()) {
      claim.abort(
        new WfError(
          "WF_CLAIM_LOST",
          `the lease on job ${claim.job.id} ran out at ${claim.leaseExpiresAt} and the database cannot be asked ` +
            `whether the job was taken back`,
        ),
      );
    }
  }

  end(error: WfError): void {
    for (const claim of this.#byJob.values()) claim.lose(error);
    this.#byJob.clear();
  }

  async #extendAll(extensions: readonly Extension[]): Promise<undefined[]> {
    const longest = new Map<JobClaim, number>();
    for (const { claim, remainingMs } of extensions) {
      longest.set(claim, Math.max(remainingMs, longest.get(claim) ?? 0));
    }
    const claims = [...longest.keys()];
    const values = [
      this.#clock.parameter,
      arrays.text(claims.map(({ job }) => job.id)),
      arrays.text(claims.map(({ batchToken }) => batchToken)),
      arrays.int8([...longest.values()]),
    ];
    const rows = await this.#database.insist("extend a lease", async (session) => {
      const begin = this.#database.begin("synchronous_commit = off");
      const [, found] = await session.commit([begin, call(this.#statements.extend, ...values)]);
      return found as readonly Row[];
    });
    const held = new Map(rows.map((row) => [row[0] as string, row]));
    for (const claim of claims) this.#learn(claim, held.get(claim.job.id));
    return extensions.map(() => undefined);
  }

  #learn(claim: JobClaim, row: Row | undefined): void {
    if (!claim.isOpen) return;
    const [, token, leaseExpiresAt, cancelRequested] = row ?? [];
    if (token !== claim.batchToken) return this.lose(claim);
    claim.leaseExpiresAt = Number(leaseExpiresAt);
    if (cancelRequested === "t") claim.requestCancel();
  }

  #remove(claim: JobClaim): void {
    if (this.#byJob.get(claim.job.id) === claim) this.#byJob.delete(claim.job.id);
  }
}
