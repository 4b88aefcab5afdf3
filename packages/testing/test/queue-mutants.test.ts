import { type Claim, type Effects, type Job, type Queue, toMs } from "@wf/core";
import { ObjectStoreQueue } from "@wf/queue-object-store";
import { describe, expect, it } from "vitest";
import {
  QUEUE_CASES,
  type QueueSubject,
  runQueueCase,
} from "../src/conformance/queue-conformance.ts";
import { MemoryObjectStore, MockClock, seededRandom } from "../src/index.ts";

/** A queue that breaks the contract in one way, and the cases that have to notice. */
interface Mutant {
  readonly name: string;
  readonly caughtBy: readonly string[];
  /** The methods that are broken, over a queue that works. */
  break(queue: Queue): { [Name in keyof Queue]?: unknown };
}

const MUTANTS: readonly Mutant[] = [
  {
    name: "ack drops its effects",
    caughtBy: ["queue-effects-009", "queue-effects-012", "queue-claim-wait-008"],
    break: (queue) => ({ ack: (claim: Claim) => queue.ack(claim) }),
  },
  {
    name: "ack applies its effects in a commit of their own, before it",
    caughtBy: ["queue-lease-003", "queue-settle-004"],
    break: (queue) => ({
      async ack(claim: Claim, effects: Effects = {}) {
        const result = await queue.commit(effects);
        await queue.ack(claim);
        return result;
      },
    }),
  },
  {
    name: "dedup keys are ignored",
    caughtBy: ["queue-dedup-001", "queue-dedup-010", "queue-dedup-012"],
    break: (queue) => ({
      enqueue: (name: string, payload: Uint8Array, options = {}) =>
        queue.enqueue(name, payload, { ...options, dedupKey: undefined }),
    }),
  },
  {
    name: "claims are given out in the reverse order",
    caughtBy: ["queue-enqueue-010", "queue-claim-003", "queue-claim-005"],
    break: (queue) => ({
      claim: async (...args: Parameters<Queue["claim"]>) =>
        (await queue.claim(...args)).toReversed(),
    }),
  },
  {
    name: "two who claim at the same time get the same job",
    caughtBy: ["queue-claim-008", "queue-claim-009", "queue-cancel-014"],
    break(queue) {
      let latest: Claim[] = [];
      return {
        async claim(...args: Parameters<Queue["claim"]>) {
          const claims = await queue.claim(...args);
          if (claims.length > 0) latest = claims;
          return claims.length === 0 && args[1]?.wait === undefined ? latest : claims;
        },
      };
    },
  },
  {
    name: "nack retries at once, whatever the backoff",
    caughtBy: ["queue-retry-001", "queue-retry-003", "queue-retry-006", "queue-claim-wait-003"],
    break: (queue) => ({
      nack: (claim: Claim, error: string, options = {}) =>
        queue.nack(claim, error, { ...options, retryAfter: 0 }),
    }),
  },
  {
    name: "kv.get shows what was there at the first look",
    caughtBy: ["queue-kv-001", "queue-kv-002", "queue-kv-003"],
    break(queue) {
      const seen = new Map<string, Uint8Array>();
      const get = async (key: string) => {
        const value = seen.get(key) ?? (await queue.kv.get(key));
        if (value !== undefined) seen.set(key, value);
        return value;
      };
      return { kv: overlay(queue.kv, { get }) };
    },
  },
  {
    name: "kv.compareAndPut looks first and writes afterwards",
    caughtBy: ["queue-kv-009"],
    break(queue) {
      const compareAndPut = async (
        key: string,
        expected: Uint8Array | undefined,
        value: Uint8Array,
      ) => {
        const actual = await queue.kv.get(key);
        const same =
          actual === undefined || expected === undefined
            ? actual === expected
            : Buffer.compare(actual, expected) === 0;
        if (same) await queue.kv.put(key, value);
        return same;
      };
      return { kv: overlay(queue.kv, { compareAndPut }) };
    },
  },
  {
    name: "a cancel applies its effects whether or not the job is removed",
    caughtBy: ["queue-cancel-004", "queue-cancel-013", "queue-cancel-015"],
    break: (queue) => ({
      async cancel(jobId: string, effects: Effects = {}) {
        const result = await queue.cancel(jobId);
        await queue.commit(effects);
        return result;
      },
    }),
  },
  {
    name: "a wait for jobs ends a second early",
    caughtBy: ["queue-claim-wait-009"],
    break: (queue) => ({
      claim(name: string, options: Parameters<Queue["claim"]>[1] = {}) {
        const waitMs = toMs(options.wait ?? 0);
        return queue.claim(name, { ...options, wait: Math.max(0, waitMs - 1_000) });
      },
    }),
  },
  {
    name: "listings end after their first page",
    caughtBy: ["queue-inspect-006", "queue-kv-014"],
    break: (queue) => ({
      inspect: overlay(queue.inspect, {
        listJobs: async (...args: Parameters<Queue["inspect"]["listJobs"]>) => ({
          items: (await queue.inspect.listJobs(...args)).items as readonly Job[],
          next: undefined,
        }),
      }),
      kv: overlay(queue.kv, {
        scan: async (...args: Parameters<Queue["kv"]["scan"]>) => ({
          items: (await queue.kv.scan(...args)).items,
          next: undefined,
        }),
      }),
    }),
  },
];

/** `target` with some members replaced; the rest keeps its private state. */
function overlay<T extends object>(target: T, replaced: object): T {
  return new Proxy(target, {
    get(_, name) {
      const owner = name in replaced ? replaced : target;
      const member: unknown = Reflect.get(owner, name, owner);
      return typeof member === "function" ? member.bind(owner) : member;
    },
  });
}

function subject(breakIt: (queue: Queue) => object = () => ({})): QueueSubject {
  return {
    name: "mutant",
    async open({ queues }) {
      const clock = new MockClock();
      const store = new MemoryObjectStore();
      const open = async () => {
        const random = seededRandom(1);
        const settings = { prefix: "queue", clock, random, queues };
        const queue = await ObjectStoreQueue.open(store, settings);
        return overlay<Queue>(queue, breakIt(queue));
      };
      return { queue: await open(), reopen: open, advance: (duration) => clock.advance(duration) };
    },
  };
}

function caseOf(id: string) {
  const found = QUEUE_CASES.find((queueCase) => queueCase.id === id);
  if (found === undefined) throw new Error(`there is no case ${id}`);
  return found;
}

describe("the queue suite", () => {
  it("has an id and a title for every case that no other has", () => {
    expect(new Set(QUEUE_CASES.map(({ id }) => id)).size).toBe(QUEUE_CASES.length);
    expect(new Set(QUEUE_CASES.map(({ title }) => title)).size).toBe(QUEUE_CASES.length);
    for (const { id } of QUEUE_CASES) expect(id).toMatch(/^queue-[a-z-]+-\d{3}$/);
  });

  it("reports a case that needs to open the queue again as skipped where that cannot be", async () => {
    const { open } = subject();
    const { reopen: _, ...rest } = await open({});
    const skipped: string[] = [];
    const restart = QUEUE_CASES.filter(({ needsReopen }) => needsReopen);
    for (const queueCase of restart) {
      const test = { skip: (note: string) => skipped.push(note) };
      await runQueueCase(queueCase, { name: "for good", open: () => rest }, test);
    }
    expect(skipped).toHaveLength(restart.length);
  });

  for (const mutant of MUTANTS) {
    for (const id of mutant.caughtBy) {
      it(`${id} notices that ${mutant.name}`, async () => {
        await runQueueCase(caseOf(id), subject());
        await expect(runQueueCase(caseOf(id), subject(mutant.break))).rejects.toThrow();
      });
    }
  }
});
