import {
  noTerminalHook,
  type Queue,
  type RunOutcome,
  StepOutcome,
  type StepRunner,
  type WfError,
  WorkflowRuntime,
} from "@wf/core";
import { MemoryObjectStore } from "@wf/testing";
import { describe, expect, it } from "vitest";
import { ChildWorker } from "../test-support/child-worker.ts";
import { bytes, claimOne, eventually, range, TestSchema, text } from "../test-support/fixtures.ts";
import { sharedServer } from "../test-support/shared-server.ts";

const server = await sharedServer();
const JOB = bytes("job");

async function marks(queue: Queue): Promise<number> {
  return (await queue.kv.scan("done/", { limit: 1_000 })).items.length;
}

/** Waits until one who waits for the job to end has seen it live. */
async function watched(schema: TestSchema, id: string): Promise<void> {
  const select = "SELECT 1 FROM {s}.watches WHERE job_id = $1";
  await eventually(async () => (await schema.query(select, [id])).rows.length > 0);
}

describe.skipIf(server === undefined)("Several processes on one queue", () => {
  it("give each job to one of them, however many claim", async () => {
    await using schema = new TestSchema(server!);
    const queues = await Promise.all(range(6).map(() => schema.open({ connections: 3 })));
    const first = queues[0] as Queue;
    const requests = range(500).map((index) => ({ queue: "jobs", payload: bytes(`${index}`) }));
    const ids = (await first.enqueueMany(requests)).map(({ id }) => id);
    const taken: string[] = [];
    await Promise.all(
      queues.map(async (queue) => {
        for (;;) {
          const claims = await queue.claim("jobs", { max: 7 });
          if (claims.length === 0) return;
          taken.push(...claims.map(({ job }) => job.id));
          await Promise.all(claims.map((claim) => queue.ack(claim)));
        }
      }),
    );
    // Each looks past what others are about to take, so that the end may come before the last jobs are taken.
    for (let claims = await first.claim("jobs", { max: 100 }); claims.length > 0; ) {
      taken.push(...claims.map(({ job }) => job.id));
      claims = await first.claim("jobs", { max: 100 });
    }
    expect(taken.toSorted()).toEqual(ids);
  });

  it("tell each other of jobs, so that who waits need not look", async () => {
    await using schema = new TestSchema(server!);
    const [here, there] = [await schema.open({ pollInterval: "1d" }), await schema.open()];
    const waiting = claimOne(here);
    await there.enqueue("jobs", JOB);
    await here.ack(await waiting);
    const scheduled = claimOne(here);
    await there.enqueue("jobs", JOB, { delay: 50 });
    await here.ack(await scheduled);
    const woken = claimOne(here);
    const { id } = await there.enqueue("jobs", JOB, { delay: "1h" });
    await there.wake(id);
    expect((await woken).job.id).toBe(id);
  });

  it("find by looking what they were not told of", async () => {
    await using schema = new TestSchema(server!);
    const queue = await schema.open({ pollInterval: 100 });
    const waiting = claimOne(queue);
    const other = await schema.open();
    const { id } = await other.enqueue("elsewhere", JOB);
    // As a process does that dies between its commit and telling of it.
    await schema.query("UPDATE {s}.jobs SET queue = 'jobs'");
    const { job } = await waiting;
    expect(job.id).toBe(id);
    const ended = queue.waitForCompletion(id);
    await watched(schema, id);
    await schema.query("DELETE FROM {s}.jobs");
    expect(await ended).toEqual({ status: "completed", job: undefined });
  });

  it("tell the holder of a job to stop, wherever it is cancelled", async () => {
    await using schema = new TestSchema(server!);
    const [here, there] = [await schema.open(), await schema.open()];
    const { id } = await here.enqueue("jobs", JOB);
    const claim = await claimOne(here);
    const stopped = new Promise((resolve) =>
      claim.abortSignal.addEventListener("abort", () => resolve(claim.abortSignal.reason)),
    );
    expect(await there.cancel(id)).toBe("requested");
    expect(((await stopped) as WfError).code).toBe("WF_CANCEL_REQUESTED");
    await here.ack(claim);
  });

  it("see the end of a job wherever it comes", async () => {
    await using schema = new TestSchema(server!);
    const options = { pollInterval: "1d", queues: { jobs: { doneRetention: "1h" } } } as const;
    const [here, there] = [await schema.open(options), await schema.open(options)];
    const ends = [
      async () => there.ack(await claimOne(there)),
      async () => there.deadLetter(await claimOne(there), "reason"),
      async () => there.nack(await claimOne(there), "error"),
    ];
    for (const end of ends) {
      const { id } = await here.enqueue("jobs", JOB, { maxAttempts: 1 });
      const waits = [here.waitForCompletion(id), here.waitForCompletion(id)];
      await watched(schema, id);
      await end();
      for (const outcome of await Promise.all(waits)) {
        expect(outcome).toMatchObject({ status: "completed", job: { id } });
      }
    }
    const { id } = await here.enqueue("jobs", JOB, { delay: "1h" });
    const removed = here.waitForCompletion(id);
    await watched(schema, id);
    expect(await there.cancel(id)).toBe("removed");
    expect(await removed).toEqual({ status: "completed", job: undefined });
  });

  it("take over the jobs of one that was killed, when their leases end", async () => {
    await using schema = new TestSchema(server!);
    const queue = await schema.open({ pollInterval: 100 });
    const child = new ChildWorker(server!.url(), schema.name, "hang");
    const { id } = await queue.enqueue("jobs", JOB, { maxAttempts: 3 });
    expect(await child.delivery()).toBe(id);
    await child.kill();
    const { job } = await claimOne(queue);
    expect([job.id, job.attempts]).toEqual([id, 2]);
    const history = await queue.inspect.attempts(id);
    expect(history.map(({ outcome }) => outcome)).toEqual(["lease_expired"]);
  });

  it("do every job once, whichever of them are killed at whatever moment", async () => {
    await using schema = new TestSchema(server!);
    const queue = await schema.open({ pollInterval: 100 });
    const jobs = range(240).map(() => ({ queue: "jobs", payload: JOB, maxAttempts: 1_000 }));
    const start = () => new ChildWorker(server!.url(), schema.name, "work");
    const workers = new Set(range(3).map(start));
    for (const round of range(6)) {
      // Whichever is given a job first dies, with that and others of the round in its hands.
      const dying = Promise.race(
        [...workers].map((worker) => worker.delivery().then(() => worker)),
      );
      await queue.enqueueMany(jobs.slice(round * 40, (round + 1) * 40));
      const victim = await dying;
      await victim.kill();
      workers.delete(victim);
      workers.add(start());
    }
    await eventually(async () => {
      const { pending, scheduled, claimed } = await queue.inspect.stats("jobs");
      return pending + scheduled + claimed === 0;
    });
    // Every acknowledgement expects that there was none before it.
    const { done, dead } = await queue.inspect.stats("jobs");
    expect([done, dead, await marks(queue)]).toEqual([240, 0, 240]);
    await Promise.all([...workers].map((worker) => worker.kill()));
  });
});

describe.skipIf(server === undefined)("Workflows of several processes", () => {
  const runner: StepRunner = async ({ stepNumber, payload, signal, runId }) => {
    if (stepNumber === 0) return StepOutcome.continueOnSignal(payload, `approve ${runId}`, "1h");
    return StepOutcome.succeed(signal ?? bytes("nobody"));
  };

  async function stage(schema: TestSchema) {
    const store = new MemoryObjectStore();
    const stop = new AbortController();
    const make = async () => {
      const queue = await schema.open({ pollInterval: "1d" });
      return WorkflowRuntime.builder(queue, store, runner, noTerminalHook)
        .outcomeRetention("1h")
        .build();
    };
    const [client, other, worker] = [await make(), await make(), await make()];
    const running = worker.run({ signal: stop.signal });
    const end = async () => {
      stop.abort();
      await running;
    };
    return { client, other, end };
  }

  it("are submitted, seen, signalled and waited for from any of them", async () => {
    await using schema = new TestSchema(server!);
    const { client, other, end } = await stage(schema);
    const outcomes: Promise<RunOutcome>[] = [];
    for (const index of range(5)) {
      await client.submit({ runId: `run-${index}`, input: bytes("input") });
      outcomes.push(other.outcome(`run-${index}`));
    }
    await eventually(async () => {
      const { items } = await other.runs();
      return items.length === 5 && items.every(({ waitingFor }) => waitingFor !== undefined);
    });
    const delivered = await Promise.all(
      range(5).map((index) => other.signal(`approve run-${index}`, bytes(`yes ${index}`))),
    );
    expect(delivered).toEqual(Array(5).fill("delivered"));
    const results = (await Promise.all(outcomes)).map((outcome) =>
      outcome.status === "succeeded" ? text(outcome.result) : outcome.status,
    );
    expect(results).toEqual(range(5).map((index) => `yes ${index}`));
    expect((await client.runs()).items).toEqual([]);
    await end();
  });

  it("are cancelled from any of them, and end for all", async () => {
    await using schema = new TestSchema(server!);
    const { client, other, end } = await stage(schema);
    await client.submit({ runId: "run", input: bytes("input") });
    const outcome = client.outcome("run");
    await eventually(async () => (await other.status("run"))?.state === "waiting");
    expect(await other.cancel("run")).toBe(true);
    expect((await outcome).status).toBe("cancelled");
    expect(await client.status("run")).toBeUndefined();
    await end();
  });
});
