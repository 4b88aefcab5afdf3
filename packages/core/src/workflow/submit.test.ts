import { describe, expect, it } from "vitest";
import { bytes, RecordingHook, STEPS, World } from "../../test/workflow-world.ts";
import { StepOutcome } from "./step-outcome.ts";

describe("WorkflowRuntime.submit", () => {
  it("starts a run with the id that it was given, or with a new one", async () => {
    const { runtime } = await World.open();
    expect(await runtime.submit({ runId: "my-run", input: bytes("a") })).toEqual({
      runId: "my-run",
      newlySubmitted: true,
    });
    const ids = [1, 2, 3].map(async () => (await runtime.submit({ input: bytes("a") })).runId);
    expect(new Set(await Promise.all(ids)).size).toBe(3);
  });

  it("writes the run's record and its first step together", async () => {
    const { runtime, queue, clock } = await World.open();
    await runtime.submit({
      runId: "r",
      input: bytes("input"),
      headers: { tenant: "acme" },
      priority: 5,
      maxAttemptsPerStep: 7,
      kv: { "app/r": bytes("state") },
    });
    const record = JSON.parse(
      Buffer.from((await queue.kv.get("workflow/runs/r")) ?? []).toString(),
    );
    expect(record).toEqual({
      v: 1,
      submittedAt: clock.now(),
      inputSha256: "c96c6d5be8d08a12e7b5cdc1b207fa6b2430974c86803d8891675e76fd992c20",
      step: 0,
      jobId: expect.any(String),
    });
    expect(await queue.inspect.getJob(record.jobId)).toMatchObject({
      queue: STEPS,
      state: "pending",
      headers: { tenant: "acme", "workflow.run_id": "r", "workflow.step": "0" },
      priority: 5,
      maxAttempts: 7,
    });
    expect(await queue.kv.get("app/r")).toEqual(bytes("state"));
  });

  it("answers a repeated submission of an active run and drops its KV writes", async () => {
    const { runtime, queue } = await World.open();
    const spec = { runId: "r", input: bytes("a") };
    await runtime.submit({ ...spec, kv: { x: bytes("first") } });
    expect(await runtime.submit({ ...spec, kv: { x: bytes("second") } })).toEqual({
      runId: "r",
      newlySubmitted: false,
    });
    expect(await queue.kv.get("x")).toEqual(bytes("first"));
    expect((await queue.inspect.stats(STEPS)).pending).toBe(1);
  });

  it("knows a duplicate after a restart, and from another runtime", async () => {
    const world = await World.open();
    const spec = { runId: "r", input: bytes("a") };
    await world.runtime.submit(spec);
    await world.reopen();
    expect(await world.runtime.submit(spec)).toMatchObject({ newlySubmitted: false });
    expect(await world.build({}).submit(spec)).toMatchObject({ newlySubmitted: false });
  });

  it("starts one run for any number of concurrent submissions", async () => {
    const { runtime, queue } = await World.open();
    const spec = { runId: "r", input: bytes("a") };
    const answers = await Promise.all(Array.from({ length: 50 }, () => runtime.submit(spec)));
    expect(answers.filter((answer) => answer.newlySubmitted)).toHaveLength(1);
    expect((await queue.inspect.stats(STEPS)).pending).toBe(1);
  });

  it("refuses another input for an active run, naming the run", async () => {
    const world = await World.open();
    await world.runtime.submit({ runId: "r", input: bytes("a") });
    await world.reopen();
    await expect(world.runtime.submit({ runId: "r", input: bytes("b") })).rejects.toMatchObject({
      code: "WF_INPUT_MISMATCH",
      message: expect.stringMatching(/run r .*ca978112ca1b… .*3e23e8160039…/),
    });
  });

  it("takes an id again once its run has ended", async () => {
    const hook = new RecordingHook();
    const world = await World.open({
      runner: async (step) => StepOutcome.succeed(step.payload),
      hook,
    });
    await world.start();
    for (const input of ["a", "b"]) {
      expect(await world.runtime.submit({ runId: "r", input: bytes(input) })).toMatchObject({
        newlySubmitted: true,
      });
      await world.settle();
    }
    expect(hook.outcomes).toMatchObject([{ result: bytes("a") }, { result: bytes("b") }]);
    await world.stop();
  });

  it("refuses bad input with a code of its own and writes nothing", async () => {
    const { runtime, queue } = await World.open();
    const input = bytes("a");
    const big = new Uint8Array(262_145);
    const refused: [unknown, string, RegExp][] = [
      [{ input, runId: "" }, "WF_INVALID_RUN_ID", /empty/],
      [{ input, runId: "a".repeat(129) }, "WF_INVALID_RUN_ID", /129/],
      [{ input, runId: "a/b" }, "WF_INVALID_RUN_ID", /holds "\/"/],
      [{ input: "text" }, "WF_INVALID_ARGUMENT", /input is string/],
      [{}, "WF_INVALID_ARGUMENT", /input is undefined/],
      [undefined, "WF_INVALID_ARGUMENT", /spec is undefined: give an object/],
      ["spec", "WF_INVALID_ARGUMENT", /spec is "spec"/],
      [{ input, headers: "a" }, "WF_INVALID_ARGUMENT", /headers is "a"/],
      [{ input, headers: null }, "WF_INVALID_ARGUMENT", /headers is null/],
      [{ input, kv: null }, "WF_INVALID_ARGUMENT", /kv is null/],
      [{ input, kv: [input] }, "WF_INVALID_ARGUMENT", /kv is \[object Array\]/],
      [{ input, headers: { "workflow.step": "1" } }, "WF_RESERVED_HEADER", /workflow\.step/],
      [{ input, headers: { a: 1 } }, "WF_INVALID_ARGUMENT", /header "a"/],
      [{ input, kv: { "workflow/runs/x": input } }, "WF_RESERVED_KV_KEY", /workflow\/runs\/x/],
      [{ input, kv: { a: big } }, "WF_KV_VALUE_TOO_LARGE", /262145.*262144/],
      [{ input, kv: { "": input } }, "WF_INVALID_KEY", /KV key/],
      [{ input, kv: { a: "text" } }, "WF_INVALID_ARGUMENT", /value of KV key "a"/],
      [{ input, priority: -1 }, "WF_INVALID_ARGUMENT", /priority is -1/],
      [{ input, maxAttemptsPerStep: 0 }, "WF_INVALID_ARGUMENT", /maxAttemptsPerStep is 0/],
    ];
    for (const [spec, code, message] of refused) {
      await expect(runtime.submit(spec as never)).rejects.toMatchObject({
        code,
        retry: "never",
        message: expect.stringMatching(message),
      });
    }
    expect(await queue.inspect.listQueues()).toEqual([]);
    expect((await queue.kv.scan("")).items).toEqual([]);
  });

  it("takes its time from the runtime's clock, which is the queue's by default", async () => {
    const world = await World.open();
    await world.clock.advance("1h");
    await world.runtime.submit({ runId: "a", input: bytes("") });
    expect(await world.runtime.status("a")).toMatchObject({ submittedAt: world.clock.now() });
    const own = { now: () => 42, sleep: () => Promise.resolve() };
    const runtime = world.build({ configure: (builder) => builder.clock(own) });
    await runtime.submit({ runId: "b", input: bytes("") });
    expect(await runtime.status("b")).toMatchObject({ submittedAt: 42 });
  });
});
