import type { Duration, QueueConfig } from "@wf/core";
import { toMs } from "@wf/core";
import { MockClock, type OpenedQueue, seededRandom } from "@wf/testing";
import type pg from "pg";
import { PostgresQueue, type PostgresQueueOptions } from "../src/index.ts";
import { MortalClock } from "./mortal-clock.ts";
import { MortalPool } from "./mortal-pool.ts";
import type { SharedServer } from "./shared-server.ts";

let opened = 0;

/** A name that no other test of this run uses. */
export function freshSchema(): string {
  return `test_${process.pid}_${++opened}`;
}

/** Moves virtual time on step by step, so that what each step sets off at the database is done before the next. */
export async function advance(
  clock: MockClock,
  pools: readonly MortalPool[],
  duration: Duration,
): Promise<void> {
  const idle = async () => {
    for (const pool of pools) await pool.idle();
  };
  const end = clock.now() + toMs(duration);
  await idle();
  for (let next = clock.nextDueAt; next !== undefined && next <= end; next = clock.nextDueAt) {
    await clock.advance(Math.max(0, next - clock.now()));
    await idle();
  }
  await clock.advance(end - clock.now());
  await idle();
}

/** A queue in a schema of its own, on virtual time, that can be killed and opened again. */
export async function openVirtual(
  server: SharedServer,
  options: {
    readonly queues?: Readonly<Record<string, QueueConfig>> | undefined;
    readonly pool?: pg.PoolConfig;
    readonly settings?: Partial<PostgresQueueOptions>;
  },
): Promise<Required<OpenedQueue> & { readonly clock: MockClock; readonly schema: string }> {
  const schema = freshSchema();
  const clock = new MockClock(undefined, { settleTurns: 4 });
  const pools: MortalPool[] = [];
  const clocks: MortalClock[] = [];
  const queues: PostgresQueue[] = [];
  const open = async () => {
    for (const mortal of [...pools, ...clocks]) mortal.kill();
    const own = new MortalClock(clock);
    clocks.push(own);
    const pool = new MortalPool(server.url(), options.pool);
    pools.push(pool);
    const random = seededRandom(++opened);
    const more = { queues: options.queues, pollInterval: "50d", ...options.settings } as const;
    const queue = await PostgresQueue.open({ pool, schema, clock: own, random, ...more });
    queues.push(queue);
    return queue;
  };
  return {
    queue: await open(),
    clock,
    schema,
    advance: (duration) => advance(clock, pools, duration),
    reopen: open,
    async close() {
      await Promise.all(queues.map((queue) => queue.close()));
      await Promise.all(pools.map((pool) => pool.end()));
      await server.query(`DROP SCHEMA "${schema}" CASCADE`);
    },
  };
}
