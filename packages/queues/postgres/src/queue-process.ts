import { type Logger, MAX_DURATION_MS, type RandomSource } from "@wf/core";
import { DEFAULT_QUEUE_CONFIG, type ResolvedQueueConfig } from "@wf/core/adapter";
import { monotonicFactory } from "ulid";
import { ClaimDesk } from "./claims/claim-desk.ts";
import { claimStatements } from "./claims/claim-statements.ts";
import { ClaimWork } from "./claims/claim-work.ts";
import type { JobClaim } from "./claims/job-claim.ts";
import { OpenClaims } from "./claims/open-claims.ts";
import type { BatchTools } from "./commit/batch.ts";
import type { Happened, Ready } from "./commit/change-set.ts";
import { CommitQueue, closedError } from "./commit/commit-queue.ts";
import { Lanes } from "./commit/lanes.ts";
import { KeyLocks } from "./commit/locks.ts";
import { expiryOf } from "./commit/operations.ts";
import type { JobDefaults } from "./commit/prepared-effects.ts";
import { readStatements } from "./commit/read-statements.ts";
import { writeStatements } from "./commit/write-statements.ts";
import { CompletionWatch } from "./completion-watch.ts";
import { arrays } from "./database/array-parameter.ts";
import { Database, DatabaseFailure } from "./database/database.ts";
import { storeError } from "./database/failures.ts";
import { makePool } from "./database/make-pool.ts";
import { call, type Statement } from "./database/session.ts";
import { learnDatabaseTime, newestIdTime } from "./database-time.ts";
import { text } from "./job-columns.ts";
import { migrate } from "./layout/migrate.ts";
import { DEAD, DONE } from "./layout/migrations.ts";
import type { ResolvedOptions } from "./options.ts";
import { DatabaseInspector } from "./queue-inspector.ts";
import type { QueueClock } from "./time/queue-clock.ts";
import { Retention } from "./upkeep/retention.ts";
import { type DyingJob, Upkeep } from "./upkeep/upkeep.ts";
import { type UpkeepName, upkeepStatements } from "./upkeep/upkeep-statements.ts";
import { Announcer } from "./wakeups/announcer.ts";
import { Listener } from "./wakeups/listener.ts";
import type { Message, ReadyQueue } from "./wakeups/message.ts";

/** Claims of different queues that are under way at the same time. */
const CLAIM_LANES = 2;
const TOKEN_BYTES = 16;

/** One process of those that work on a queue: what it has under way, and what it hears of the others. */
export class QueueProcess implements JobDefaults {
  readonly clock: QueueClock;
  readonly random: RandomSource;
  readonly inspect: DatabaseInspector;
  readonly database: Database;
  readonly commits: CommitQueue;
  readonly desk: ClaimDesk;
  readonly claims: OpenClaims;
  readonly completions: CompletionWatch;
  readonly tools: BatchTools;
  readonly options: ResolvedOptions;
  readonly #logger: Logger;
  readonly #newId: (seedTime: number) => string;
  readonly #idsFrom: number;
  readonly #mark: string;
  readonly #knownNames = new Set<string>();
  readonly #upkeepStatements: Readonly<Record<UpkeepName, Statement>>;
  readonly #upkeep: Upkeep;
  readonly #retention: Retention;
  readonly #announcer: Announcer;
  readonly #listener: Listener;
  readonly #givingBack = new Set<Promise<void>>();
  #closing: Promise<void> | undefined;

  static async open(options: ResolvedOptions): Promise<QueueProcess> {
    const { source, clock, random, retryForMs, logger, schema } = options;
    const isOwn = "connectionString" in source;
    const pool = isOwn ? makePool(source.connectionString, options.connections) : source.pool;
    const database = new Database({ pool, isOwn, clock, random, retryForMs });
    try {
      // Others may be migrating it, however long that takes.
      await database.use((session) => migrate(session, schema), { answerMs: MAX_DURATION_MS });
      const idsFrom = await database.use(async (session) => {
        await learnDatabaseTime(session, clock);
        return 1 + (await newestIdTime(session, schema, clock.now()));
      });
      logger.info({ schema: schema.name }, "queue opened");
      const opened = new QueueProcess(options, database, idsFrom);
      opened.#listener.start();
      opened.#upkeep.poll();
      return opened;
    } catch (error) {
      await database.end();
      if (!(error instanceof DatabaseFailure)) throw error;
      throw storeError(
        error.failure,
        error.cause,
        `could not open the queue in schema "${schema.name}"`,
      );
    }
  }

  private constructor(options: ResolvedOptions, database: Database, idsFrom: number) {
    const { clock, random, logger, schema, maxWritesInFlight, pollMs } = options;
    this.options = options;
    this.database = database;
    this.clock = clock;
    this.random = random;
    this.#logger = logger;
    this.#idsFrom = idsFrom;
    this.#newId = monotonicFactory(random);
    this.#mark = this.#newToken();
    const checkOpen = () => this.checkOpen();
    const write = writeStatements(schema.quoted);
    this.tools = {
      database,
      clock,
      locks: new KeyLocks(schema),
      read: readStatements(schema.quoted),
      write,
      newNames: (names) => [...names].filter((name) => !this.#knownNames.has(name)),
    };
    const lanes = (count: number) => new Lanes(database, clock, schema.quoted, count, write.mark);
    this.commits = new CommitQueue(this.tools, lanes(maxWritesInFlight), (happened) =>
      this.#learn(happened),
    );
    const statements = claimStatements(schema.quoted);
    this.claims = new OpenClaims(database, clock, statements, checkOpen);
    const claimLanes = lanes(CLAIM_LANES);
    const newToken = () => this.#newToken();
    const claiming = { database, clock, statements, claims: this.claims, newToken };
    this.desk = new ClaimDesk({
      clock,
      claim: (request) => claimLanes.run(new ClaimWork(claiming, request)),
      onClaimed: (claims) => this.#take(claims),
      onUnwanted: (claims) => {
        const givingBack = this.#giveBack(claims);
        this.#givingBack.add(givingBack);
        void givingBack.then(() => this.#givingBack.delete(givingBack));
      },
      onMore: (queue, { priority, id }) =>
        this.#announcer.tell({ ready: [{ queue, lowest: { priority, id } }] }),
      onDeadline: (at) => this.#upkeep.wakeAt(at),
    });
    this.inspect = new DatabaseInspector(database, clock, schema, checkOpen);
    this.completions = new CompletionWatch(database, clock, schema, (id) =>
      this.inspect.getJob(id),
    );
    this.#upkeepStatements = upkeepStatements(schema.quoted);
    const configOf = (queue: string) => this.configOf(queue);
    const onUntold = (ended: readonly string[]) => this.#tellEnded(ended);
    this.#retention = new Retention(database, clock, this.#upkeepStatements, configOf, onUntold);
    this.#upkeep = new Upkeep({
      database,
      clock,
      logger,
      statements: this.#upkeepStatements,
      claims: this.claims,
      retention: this.#retention,
      pollMs,
      onReady: (queues) => this.#ready(queues),
      die: (job) => this.#die(job),
      onPoll: () => this.#lookAround(),
      onRing: (now) => this.desk.expireWaits(now),
    });
    this.#announcer = new Announcer(database, logger, schema, this.#mark);
    this.#listener = new Listener({
      database,
      clock,
      logger,
      schema,
      onMessage: (message) => this.#hear(message),
      // What was told while nobody listened has to be looked for.
      onListening: () => this.#upkeep.poll(),
    });
  }

  nextJobId(): string {
    // Later than what is there already, also where this process's time is behind that of another.
    return this.#newId(Math.max(this.clock.now(), this.#idsFrom));
  }

  configOf(queue: string): ResolvedQueueConfig {
    return this.options.queues.get(queue) ?? DEFAULT_QUEUE_CONFIG;
  }

  /** @throws WF_CLOSED */
  checkOpen(): void {
    if (this.#closing !== undefined) throw closedError();
  }

  /** Writes what is under way. Claims that are open are left to their leases. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const closed = closedError();
    this.desk.end(closed);
    this.claims.end(closed);
    this.completions.end(closed);
    await this.#upkeep.stop();
    await this.desk.idle();
    await Promise.all(this.#givingBack);
    await this.commits.drained();
    await this.#announcer.told();
    await this.#listener.stop();
    await this.database.end();
  }

  /** Tells everyone here and elsewhere what has changed by a commit of this process. */
  #learn(happened: Happened): void {
    for (const queue of happened.queues) this.#knownNames.add(queue);
    for (const queue of happened.keptDone)
      this.#upkeep.wakeAt(this.#retention.jobKept(queue, DONE));
    for (const queue of happened.keptDead)
      this.#upkeep.wakeAt(this.#retention.jobKept(queue, DEAD));
    const { ended, cancelRequested: cancel } = happened;
    this.claims.requestCancel(cancel);
    this.completions.ended(ended);
    const now = this.clock.now();
    const dueAt = Math.min(happened.nextRunAt, now + happened.nextDelayMs);
    this.#upkeep.expectDue(dueAt);
    const ready = this.#serve(happened.ready);
    const isDue = dueAt < Number.POSITIVE_INFINITY;
    this.#announcer.tell({ ready, cancel, ended, ...(isDue && { dueAt }) });
  }

  #tellEnded(ended: readonly string[]): void {
    this.completions.ended(ended);
    this.#announcer.tell({ ended });
  }

  #ready(queues: ReadonlyMap<string, number>): void {
    // These have been there for longer, so that they may stand anywhere in the order.
    const ready = [...queues].map(
      ([queue, count]) => [queue, { count, lowest: undefined }] as const,
    );
    const more = this.#serve(ready);
    if (more.length > 0) this.#announcer.tell({ ready: more });
  }

  /** Gives new jobs to those who wait here. The queues of which there are more, for others. */
  #serve(ready: Iterable<readonly [queue: string, ready: Ready]>): ReadyQueue[] {
    const more: ReadyQueue[] = [];
    for (const [queue, { count, lowest }] of ready) {
      if (this.desk.roomFor(queue) < count) more.push({ queue, lowest });
      this.desk.ready(queue, lowest);
    }
    return more;
  }

  #hear({ from, ready = [], dueAt, cancel = [], ended = [] }: Message): void {
    if (from === this.#mark || this.#closing !== undefined) return;
    for (const { queue, lowest } of ready) this.desk.ready(queue, lowest);
    if (dueAt !== undefined) this.#upkeep.expectDue(dueAt);
    this.claims.requestCancel(cancel);
    this.completions.ended(ended);
  }

  #lookAround(): void {
    this.desk.allReady();
    this.completions.lookAfterAll();
  }

  #take(claims: readonly JobClaim[]): void {
    this.claims.add(claims);
    for (const { leaseExpiresAt } of claims.slice(0, 1))
      this.#upkeep.expectLeaseEnd(leaseExpiresAt);
  }

  async #giveBack(claims: readonly JobClaim[]): Promise<void> {
    const values = [
      arrays.text(claims.map(({ job }) => job.id)),
      arrays.text(claims.map(({ batchToken }) => batchToken)),
    ];
    try {
      const rows = await this.database.insist("give jobs back", async (session) => {
        const back = call(this.#upkeepStatements.giveBack, ...values);
        return (await session.commit([this.database.begin(), back]))[1] ?? [];
      });
      this.#ready(new Map(rows.map(([queue]) => [text(queue) as string, rows.length])));
    } catch (error) {
      this.#logger.warn(
        { err: error },
        "jobs that nobody wanted stay claimed until their lease ends",
      );
    }
  }

  async #die(job: DyingJob): Promise<boolean> {
    const hasDied = await this.commits.submit(expiryOf(job, this));
    if (hasDied) this.claims.loseTaken([[job.id, job.token]]);
    return hasDied;
  }

  #newToken(): string {
    const bytes = Array.from({ length: TOKEN_BYTES }, () => this.random() * 256);
    return Buffer.from(bytes).toString("base64url");
  }
}
