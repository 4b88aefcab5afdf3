import { describe, expect, it } from "vitest";
import { StagedKvEffects, StagedTerminalEffects } from "./staged-effects.ts";

const VALUE = new Uint8Array([1]);

describe("Staged effects", () => {
  it("are collected, the last put of a key counting", () => {
    const effects = new StagedTerminalEffects();
    effects.put("a", VALUE);
    effects.put("a", new Uint8Array([2]));
    effects.delete("b");
    effects.delete("b");
    const request = { queue: "mail", payload: VALUE };
    effects.enqueue(request);
    expect(effects.collect()).toEqual({
      put: { a: new Uint8Array([2]) },
      delete: ["b"],
      enqueue: [request],
    });
  });

  it("hold the bytes as they were when staged", () => {
    const effects = new StagedKvEffects();
    const buffer = new Uint8Array([1]);
    effects.put("a", buffer);
    buffer[0] = 9;
    expect(effects.collect().put).toEqual({ a: VALUE });
  });

  it("refuse a bad one at once, and keep what was staged before", () => {
    const effects = new StagedTerminalEffects();
    effects.put("put", VALUE);
    effects.delete("deleted");
    const refused: [() => void, string][] = [
      [() => effects.put("workflow/runs/x", VALUE), "WF_RESERVED_KV_KEY"],
      [() => effects.delete("workflow/"), "WF_RESERVED_KV_KEY"],
      [() => effects.put("a", new Uint8Array(262_145)), "WF_KV_VALUE_TOO_LARGE"],
      [() => effects.put("a", "text" as never), "WF_INVALID_ARGUMENT"],
      [() => effects.put("", VALUE), "WF_INVALID_KEY"],
      [() => effects.delete("\ud800"), "WF_INVALID_KEY"],
      [() => effects.put("deleted", VALUE), "WF_CONFLICTING_EFFECT"],
      [() => effects.delete("put"), "WF_CONFLICTING_EFFECT"],
      [() => effects.enqueue({ queue: "q", payload: "text" as never }), "WF_INVALID_ARGUMENT"],
      [() => enqueue({ queue: "x".repeat(256) }), "WF_INVALID_QUEUE_NAME"],
      [() => enqueue({ headers: { "workflow.step": "1" } }), "WF_RESERVED_HEADER"],
      [() => enqueue({ kv: { "workflow/x": VALUE } }), "WF_RESERVED_KV_KEY"],
      [() => enqueue({ onDead: { put: { "workflow/x": VALUE } } }), "WF_RESERVED_KV_KEY"],
      [() => enqueue({ onDead: { delete: ["workflow/x"] } }), "WF_RESERVED_KV_KEY"],
    ];
    const enqueue = (more: object) => effects.enqueue({ queue: "q", payload: VALUE, ...more });
    for (const [stage, code] of refused) {
      expect(stage).toThrowError(expect.objectContaining({ code, retry: "never" }));
    }
    expect(effects.collect()).toEqual({ put: { put: VALUE }, delete: ["deleted"], enqueue: [] });
  });
});
