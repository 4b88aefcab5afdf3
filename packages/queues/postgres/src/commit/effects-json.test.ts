import type { Effects } from "@wf/core";
import { DEFAULT_BACKOFF } from "@wf/core/adapter";
import { describe, expect, it } from "vitest";
import { decodeEffects, encodeEffects } from "./effects-json.ts";

const BYTES = new Uint8Array([0, 1, 255]);
const backoffOf = () => ({ ...DEFAULT_BACKOFF, capMs: 7_000 });

/** With plain numbers for bytes, whatever class they have. */
function plain(effects: Effects): unknown {
  const numbers = (_: string, value: { type?: string; data?: unknown; buffer?: unknown }) =>
    value?.type === "Buffer" ? value.data : value instanceof Uint8Array ? [...value] : value;
  return JSON.parse(JSON.stringify(effects, numbers));
}

describe("Effects as they are stored", () => {
  it("come back as they were, with durations in milliseconds and the backoff complete", () => {
    const effects: Effects = {
      enqueue: [
        { queue: "a\0b", payload: BYTES },
        {
          queue: "q",
          payload: new Uint8Array(),
          id: "id",
          headers: { "": "ü😀", name: "\0" },
          runAt: 1.5,
          priority: 0,
          maxAttempts: 1,
          backoff: { base: "2s", jitter: "none" },
          dedupKey: "k",
          kv: { __proto__2: BYTES, "\0": BYTES },
        },
        { queue: "q", payload: BYTES, delay: "1m" },
      ],
      wake: [
        { jobId: "a", payload: BYTES },
        { jobId: "b" },
        { jobId: "c", payload: new Uint8Array() },
      ],
      put: Object.fromEntries([["__proto__", BYTES]]),
      delete: ["x"],
    };
    const expected = structuredClone(effects) as unknown as {
      enqueue: { runAt?: number; delay?: unknown; backoff?: unknown }[];
    };
    Object.assign(expected.enqueue[1] ?? {}, {
      runAt: 2,
      backoff: { base: 2_000, cap: 7_000, jitter: "none" },
    });
    Object.assign(expected.enqueue[2] ?? {}, { delay: 60_000 });
    const decoded = decodeEffects(encodeEffects(effects, backoffOf));
    expect(plain(decoded)).toEqual(plain(expected as unknown as Effects));
    expect(Object.keys(decoded.put ?? {})).toEqual(["__proto__"]);
  });

  it("are nothing where there is nothing", () => {
    expect(plain(decodeEffects(encodeEffects({}, backoffOf)))).toEqual({});
  });

  it("stay readable as they were stored by the first version", () => {
    const stored =
      '{"enqueue":[{"queue":"q","payload":"AAE=","headers":[["a","b"]],"delayMs":5,' +
      '"backoff":{"baseMs":1,"capMs":2,"jitter":"full"},"kv":[["k","AA=="]]}],' +
      '"wake":[["j",null]],"put":[["p","/w=="]],"delete":["d"]}';
    expect(plain(decodeEffects(stored))).toEqual({
      enqueue: [
        {
          queue: "q",
          payload: [0, 1],
          headers: { a: "b" },
          delay: 5,
          backoff: { base: 1, cap: 2, jitter: "full" },
          kv: { k: [0] },
        },
      ],
      wake: [{ jobId: "j" }],
      put: { p: [255] },
      delete: ["d"],
    });
  });
});
