import { hash } from "node:crypto";
import { encode } from "cborg";
import { describe, expect, it } from "vitest";
import { bytes, World } from "../../test/workflow-world.ts";
import type { WorkflowRuntime } from "./workflow-runtime.ts";

const KEY_HASH = hash("sha256", "key");
const RECORD = { v: 1, submittedAt: 1, inputSha256: "0", step: 0, jobId: "job" };
const WAITER = { v: 1, key: "key", runId: "r", step: 1, jobId: "job" };
const BUFFER = { v: 1, key: "key", head: 0, tail: 1, change: "c" };
const OUTCOME = { runId: "r", status: "failed", error: "no", headers: {}, finalStep: 1 };
const KEPT = { v: 1, at: 1, jobId: "job", outcome: encode({ ...OUTCOME, terminatedAt: 1 }) };

interface Row {
  readonly name: string;
  readonly key: string;
  readonly sound: object;
  readonly senseless: readonly object[];
  readonly encode: (value: object) => Uint8Array;
  readonly read: (runtime: WorkflowRuntime) => Promise<unknown>;
}

const json = (value: object) => bytes(JSON.stringify(value));

/** Entries as they are stored, and what they must not say. */
const ROWS: readonly Row[] = [
  {
    name: "a run's record",
    key: "workflow/runs/r",
    sound: RECORD,
    senseless: [{ step: 0.5 }, { step: -1 }, { submittedAt: 1e300 }, { jobId: "a/b" }],
    encode: json,
    read: (runtime) => runtime.status("r"),
  },
  {
    name: "who waits for a signal",
    key: `workflow/signal-wait/${KEY_HASH}`,
    sound: WAITER,
    senseless: [{ runId: "" }, { jobId: "../x" }, { step: "1" }, { key: 7 }],
    encode: json,
    read: (runtime) => runtime.signal("key", bytes("")),
  },
  {
    name: "a buffer of signals",
    key: `workflow/signal-buf/${KEY_HASH}`,
    sound: BUFFER,
    // To be cleared, each of its entries is named: it must not say that there are 2^53.
    senseless: [{ tail: 2 ** 53 - 1 }, { tail: 1_001 }, { tail: 0 }, { head: -1 }, { head: 0.5 }],
    encode: json,
    read: (runtime) => runtime.clearSignal("key"),
  },
  {
    name: "a kept outcome",
    key: "workflow/outcomes/r",
    sound: KEPT,
    senseless: [
      { at: -1 },
      { jobId: "a/b" },
      { outcome: "text" },
      ...[{ runId: "s" }, { headers: null }, { headers: { a: 1 } }, { finalStep: 0.5 }].map(
        (change) => ({ outcome: encode({ ...OUTCOME, terminatedAt: 1, ...change }) }),
      ),
    ],
    encode,
    read: (runtime) => runtime.outcome("r"),
  },
];

describe("What the runtime keeps as a map", () => {
  it.each(ROWS)("is read, and refused where it makes no sense: $name", async (row) => {
    const { queue, runtime } = await World.open();
    await queue.kv.put(row.key, row.encode(row.sound));
    await row.read(runtime);
    for (const change of row.senseless) {
      await queue.kv.put(row.key, row.encode({ ...row.sound, ...change }));
      const refused = { code: "WF_DATA_CORRUPT", key: row.key };
      await expect(row.read(runtime), JSON.stringify(change)).rejects.toMatchObject(refused);
    }
    await queue.kv.put(row.key, row.encode({ ...row.sound, v: 2 }));
    await expect(row.read(runtime)).rejects.toMatchObject({
      code: "WF_LAYOUT_UNSUPPORTED",
      key: row.key,
      message: expect.stringMatching(/version 2 .* knows up to 1; upgrade wf/),
    });
  });
});
