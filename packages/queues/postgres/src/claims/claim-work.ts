import type { Mark, MarkedWork } from "../commit/lanes.ts";
import type { Database } from "../database/database.ts";
import { call, type Row, type Session } from "../database/session.ts";
import { JOB_COLUMNS, jobFrom } from "../job-columns.ts";
import type { QueueClock } from "../time/queue-clock.ts";
import type { ClaimStatements } from "./claim-statements.ts";
import type { Place } from "./floors.ts";
import { type Claims, JobClaim } from "./job-claim.ts";

export interface ClaimRequest {
  readonly queue: string;
  readonly max: number;
  readonly leaseMs: number;
  /** Nothing is pending before it. */
  readonly from: Place;
}

/** One statement that claims, and what to do when its answer is lost. */
export class ClaimWork implements MarkedWork<JobClaim[]> {
  readonly name = "claim";
  readonly deadline: number;
  readonly #database: Database;
  readonly #clock: QueueClock;
  readonly #statements: ClaimStatements;
  readonly #claims: Claims;
  readonly #queue: Buffer;
  readonly #max: number;
  readonly #leaseMs: number;
  readonly #from: Place;
  /** Of all that it claims; new with each attempt. */
  #token = "";
  readonly #newToken: () => string;

  constructor(
    parts: {
      readonly database: Database;
      readonly clock: QueueClock;
      readonly statements: ClaimStatements;
      readonly claims: Claims;
      readonly newToken: () => string;
    },
    { queue, max, leaseMs, from }: ClaimRequest,
  ) {
    this.#database = parts.database;
    this.#clock = parts.clock;
    this.#statements = parts.statements;
    this.#claims = parts.claims;
    this.#newToken = parts.newToken;
    this.#queue = Buffer.from(queue);
    this.#max = max;
    this.#leaseMs = leaseMs;
    this.#from = from;
    this.deadline = parts.clock.now() + parts.database.retryForMs;
  }

  async attempt(session: Session, { lane, number }: Mark): Promise<JobClaim[]> {
    this.#token = this.#newToken();
    const { priority, id } = this.#from;
    const place = [lane, number, priority, id] as const;
    const values = [this.#queue, this.#max, this.#leaseMs, this.#token, ...place];
    const claiming = call(this.#statements.claim, this.#clock.parameter, ...values);
    // A claim need not be durable before it is given: losing it in a crash gives the job back as it was.
    const begin = this.#database.begin("synchronous_commit = off");
    const [, rows] = await session.commit([begin, claiming]);
    return this.#claimsFrom(rows as readonly Row[]);
  }

  async recovered(): Promise<JobClaim[]> {
    const rows = await this.#database.insist("claim", (session) =>
      session
        .commit([this.#database.begin(), call(this.#statements.claimed, this.#token)])
        .then(([, found]) => found as readonly Row[]),
    );
    return this.#claimsFrom(rows);
  }

  /** In claim order. */
  #claimsFrom(rows: readonly Row[]): JobClaim[] {
    const claims = rows.map((row) => {
      const [leaseExpiresAt, backoff, onDead] = row.slice(JOB_COLUMNS);
      return new JobClaim(this.#claims, {
        job: jobFrom(row),
        batchToken: this.#token,
        leaseExpiresAt: Number(leaseExpiresAt),
        backoff: backoff ?? undefined,
        onDead: onDead ?? undefined,
      });
    });
    return claims.sort((a, b) => a.job.priority - b.job.priority || (a.job.id < b.job.id ? -1 : 1));
  }
}
