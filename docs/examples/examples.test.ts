import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { noTerminalHook, type StepRunner, WorkflowRuntime } from "@wf/core";
import {
  ObjectStoreQueue,
  type ObjectStoreQueueOptions,
} from "@wf/queue-object-store";
import { MemoryObjectStore, MockClock, seededRandom } from "@wf/testing";
import { afterEach, describe, expect, it, vi } from "vitest";
import { crawlStep, downloadStep } from "./cancellation.ts";
import { reserveSeat } from "./commit.ts";
import { crashAndResume } from "./crash-safety.ts";
import { enqueueOnce } from "./errors.ts";
import { chargeStep, fetchOrFail, submitOrder } from "./idempotent-steps.ts";
import { fromBytes, toBytes } from "./json.ts";
import { summarise } from "./memo.ts";
import {
  copyAll,
  isWorthRestarting,
  report,
  requeueAllDead,
} from "./operating.ts";
import { sendMails } from "./queue-alone.ts";
import { open } from "./retention.ts";
import { decide, expenseStep, forget } from "./signals.ts";
import { makeStores } from "./stores.ts";

const disposals: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const dispose of disposals.splice(0).reverse()) await dispose();
});

async function world(options: Partial<ObjectStoreQueueOptions> = {}) {
  const clock = new MockClock();
  const store = new MemoryObjectStore({ clock });
  const random = seededRandom(7);
  const queue = await ObjectStoreQueue.open(store, {
    prefix: "queue",
    clock,
    random,
    ...options,
  });
  const stop = new AbortController();
  disposals.push(() => queue.close());
  /** A runtime that runs. */
  const working = (runner: StepRunner) => {
    const runtime = WorkflowRuntime.builder(
      queue,
      store,
      runner,
      noTerminalHook,
    ).build();
    const running = runtime.run({ signal: stop.signal });
    disposals.push(async () => {
      stop.abort();
      await running;
    });
    return runtime;
  };
  return { clock, store, queue, stop, working };
}

/** Answers every request by `answer`. */
async function server(
  answer: (url: string) => { status: number; headers?: object },
) {
  const http = createServer((request, response) => {
    const { status, headers = {} } = answer(request.url as string);
    response.writeHead(status, headers as Record<string, string>).end("body");
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  disposals.push(() => void http.close());
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
}

/** Runs an example as a program, in a directory of its own. */
function program(file: string, directory: string): string {
  const args = ["--conditions=@wf/source", join(import.meta.dirname, file)];
  return execFileSync(process.execPath, args, {
    cwd: directory,
    encoding: "utf8",
  });
}

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "wf-docs-"));
  disposals.push(() => rmSync(directory, { recursive: true }));
  return directory;
}

describe("The example", () => {
  it("of the first page prints what that says", () => {
    expect(program("first-run.ts", temporaryDirectory())).toBe("paid 30 EUR\n");
  });

  it("of the quick start prints what that says", () => {
    const printed = "submitted\ncharging 30 EUR\nlamp shipped, paid 30 EUR\n";
    expect(program("order.ts", temporaryDirectory())).toBe(printed);
  });

  it("of stores makes one of each, and sends nothing", () => {
    const made = makeStores("UseDevelopmentStorage=true");
    for (const store of made) expect(store.put).toBeTypeOf("function");
  });

  it("of a queue alone sends what is due and says so in the same commit", async () => {
    const { clock, queue, stop } = await world();
    const sent: string[] = [];
    const working = sendMails(
      queue,
      async (address) => void sent.push(address),
      stop.signal,
    );
    await clock.advance("1s");
    expect(sent).toEqual(["ada@example.org"]);
    await clock.advance("1d");
    expect(sent).toEqual(["ada@example.org", "grace@example.org"]);
    expect(await queue.kv.get("sent/grace@example.org")).toEqual(
      new Uint8Array(toBytes(1)),
    );
    stop.abort();
    await working;
  });

  it("of a commit gives the last seat to one of two", async () => {
    const { queue } = await world();
    await queue.kv.put("seats", toBytes(1));
    const [first, second] = await Promise.allSettled([
      reserveSeat(queue, "Ada"),
      reserveSeat(queue, "Grace"),
    ]);
    expect(first).toMatchObject({ status: "fulfilled", value: true });
    expect(second).toMatchObject({
      status: "rejected",
      reason: { code: "WF_CONFLICT" },
    });
    expect(await reserveSeat(queue, "Grace")).toBe(false);
    expect(await queue.inspect.stats("tickets")).toMatchObject({ pending: 1 });
  });

  it("of errors enqueues once", async () => {
    const { queue } = await world();
    expect(await enqueueOnce(queue, "payment-1")).toBe(true);
    expect(await enqueueOnce(queue, "payment-1")).toBe(false);
    await expect(enqueueOnce(queue, "payment 1")).rejects.toMatchObject({
      code: "WF_INVALID_JOB_ID",
    });
  });

  it("of a crash pays once and repeats no more than the step", async () => {
    const clock = new MockClock();
    const log = { lines: [] };
    await crashAndResume(new MemoryObjectStore({ clock }), clock, log);
    expect(log.lines).toEqual([
      "first: step 0, attempt 1",
      "first: step 1, attempt 1",
      "first: pays",
      "second: step 1, attempt 2",
      "succeeded",
    ]);
  });

  it("of an idempotent step gives every attempt the same key, and changes the row once", async () => {
    const { clock, queue, working } = await world();
    const keys: string[] = [];
    const runtime = working(
      chargeStep({
        async charge(amount, idempotencyKey) {
          keys.push(idempotencyKey);
          if (keys.length === 1) throw new Error("the answer was lost");
          return `${amount} EUR`;
        },
      }),
    );
    const order = { amount: 30 };
    await submitOrder(runtime, "order-1", order);
    await submitOrder(runtime, "order-1", order);
    await expect(
      submitOrder(runtime, "order-1", { amount: 31 }),
    ).rejects.toThrow(/another content/);
    const outcome = runtime.outcome("order-1");
    await clock.advance("1m");
    expect(await outcome).toMatchObject({ status: "succeeded" });
    expect(keys).toEqual(["order-1-0", "order-1-0"]);
    const row = (await queue.kv.get("orders/order-1")) as Uint8Array;
    expect(fromBytes(row)).toEqual({ status: "paid", receipt: "30 EUR" });
  });

  it.each([
    { status: 404, code: "WF_STEP_PERMANENT" },
    { status: 503, code: "WF_STEP_TRANSIENT" },
    {
      status: 429,
      headers: { "retry-after": "7" },
      code: "WF_STEP_TRANSIENT",
      retryAfterMs: 7_000,
    },
  ])(
    "of failures makes $code of $status",
    async ({ status, headers = {}, ...error }) => {
      const url = await server(() => ({ status, headers }));
      const step = { abortSignal: new AbortController().signal };
      await expect(fetchOrFail(url, step as never)).rejects.toMatchObject(
        error,
      );
    },
  );

  it("of the memo pays in a further attempt only for what is missing", async () => {
    const { clock, working } = await world();
    const asked: string[] = [];
    const model = {
      async ask(prompt: string) {
        asked.push(prompt);
        if (asked.length === 2) throw new Error("busy");
        return { text: "short", cents: 1 };
      },
      embed: vi.fn(
        async (texts: readonly string[]) => new Uint8Array(texts.length),
      ),
    };
    const runtime = working(summarise(model));
    await runtime.submit({
      runId: "a",
      input: toBytes({ sections: ["x", "y"] }),
    });
    const outcome = runtime.outcome("a");
    await clock.advance("1m");
    expect(await outcome).toMatchObject({ status: "succeeded" });
    expect(asked).toEqual(["Summarise: x", "Summarise: y", "Summarise: y"]);
    expect(model.embed).toHaveBeenCalledTimes(1);
  });

  it.each([
    { decision: "yes", status: "succeeded" },
    { decision: "no", status: "cancelled" },
    { decision: undefined, status: "failed" },
  ] as const)(
    "of signals ends as $status with the decision $decision",
    async (row) => {
      const { clock, working } = await world();
      const runtime = working(expenseStep);
      await runtime.submit({ runId: "lunch", input: toBytes("30 EUR") });
      const outcome = runtime.outcome("lunch");
      await clock.advance("2d");
      if (row.decision !== undefined) {
        expect(await decide(runtime, "lunch", row.decision)).toBe("thank you");
      }
      await clock.advance("5d");
      expect((await outcome).status).toBe(row.status);
      expect(await decide(runtime, "lunch", "yes")).toBe(
        "this request is closed",
      );
    },
  );

  it("of signals keeps one that comes before the run waits, and can forget it", async () => {
    const { clock, working } = await world();
    const runtime = working(expenseStep);
    await runtime.signal("approve early", toBytes("?"));
    expect(await forget(runtime, "early")).toBe(true);
    await runtime.signal("approve early", Buffer.from("yes"));
    await runtime.submit({ runId: "early", input: toBytes("30 EUR") });
    const outcome = runtime.outcome("early");
    await clock.advance("1s");
    expect(await outcome).toMatchObject({ status: "succeeded" });
  });

  it("of cancellation ends the request of a run that is cancelled", async () => {
    const { clock, working } = await world();
    const asked = Promise.withResolvers<void>();
    const http = createServer(() => asked.resolve()); // never answers
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    disposals.push(() => void http.close());
    const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    const runtime = working(downloadStep);
    await runtime.submit({ runId: "file", input: Buffer.from(url) });
    const outcome = runtime.outcome("file");
    await clock.advance(0);
    await asked.promise;
    expect(await runtime.cancel("file")).toBe(true);
    expect(await outcome).toMatchObject({
      status: "cancelled",
      reason: undefined,
    });
  });

  it("of a shutdown hands what is left to the next step", async () => {
    const { clock, queue, store } = await world();
    const pages: number[] = [];
    const stop = new AbortController();
    const runtime = WorkflowRuntime.builder(
      queue,
      store,
      (step) =>
        crawlStep(step, async (page) => {
          pages.push(page);
          if (page === 2) stop.abort();
        }),
      noTerminalHook,
    ).build();
    await runtime.submit({ runId: "site", input: toBytes({ page: 1 }) });
    const running = runtime.run({ signal: stop.signal });
    await clock.advance(0);
    await running;
    expect(pages).toEqual([1, 2]);
    expect(await runtime.status("site")).toMatchObject({
      currentStep: 1,
      state: "pending",
    });
  });

  it("of retention keeps done jobs as long as it says", async () => {
    const clock = new MockClock();
    const store = new MemoryObjectStore({ clock });
    const { queue } = await open(store, expenseStep, { clock });
    disposals.push(() => queue.close());
    const { id } = await queue.enqueue("mail", toBytes(1));
    const [claim] = await queue.claim("mail");
    await queue.ack(claim as NonNullable<typeof claim>);
    await clock.advance("23h");
    expect(await queue.inspect.getJob(id)).toMatchObject({ state: "done" });
    await clock.advance("2h");
    expect(await queue.inspect.getJob(id)).toBeUndefined();
  });

  it("of operating reports, mends and copies a queue", async () => {
    const { clock, queue, store } = await world();
    await queue.enqueue("mail", toBytes(1), { maxAttempts: 1 });
    const [claim] = await queue.claim("mail");
    await queue.nack(claim as NonNullable<typeof claim>, "no such host");
    expect(await report(store, { clock })).toMatchObject({
      state: "unknown",
      queues: ["mail"],
      stats: [{ dead: 1 }],
      failure: undefined,
    });
    expect(await requeueAllDead(queue, "mail")).toBe(1);
    await queue.close();

    const copy = new MemoryObjectStore({ clock });
    expect(await copyAll(store, copy, "queue")).toBeGreaterThan(0);
    const restored = await ObjectStoreQueue.open(copy, {
      prefix: "queue",
      clock,
    });
    disposals.push(() => restored.close());
    expect(await restored.inspect.stats("mail")).toMatchObject({ pending: 1 });

    const taken = await ObjectStoreQueue.open(copy, { prefix: "queue", clock });
    disposals.push(() => taken.close());
    const fenced = await restored.kv
      .put("k", toBytes(1))
      .catch((error: unknown) => error);
    expect(isWorthRestarting(fenced)).toBe(false);
    expect(isWorthRestarting(new Error("out of memory"))).toBe(true);
  });
});
