import { describe, expect, it } from "vitest";
import { decodeMessage, encodeMessage } from "./message.ts";

const LOWEST = { priority: 2 ** 32 - 1, id: "i".repeat(128) };

describe("A message between processes", () => {
  it("is split so that every payload fits, whatever the names and however many", () => {
    const ready = Array.from({ length: 30 }, (_, i) => ({
      queue: `${"\0".repeat(253)}${i}`,
      lowest: LOWEST,
    }));
    const ids = Array.from({ length: 500 }, (_, i) => `${"x".repeat(124)}-${i}`);
    const payloads = encodeMessage({ from: "me", ready, cancel: ids, ended: ids, dueAt: 7 });
    const messages = payloads.map((payload) => decodeMessage(payload));
    expect(payloads.every((payload) => Buffer.byteLength(payload) < 8_000)).toBe(true);
    expect(messages.flatMap((message) => message?.ready ?? [])).toEqual(ready);
    expect(messages.flatMap((message) => message?.cancel ?? [])).toEqual(ids);
    expect(messages.flatMap((message) => message?.ended ?? [])).toEqual(ids);
    expect(messages.map((message) => message?.dueAt).filter((at) => at !== undefined)).toEqual([7]);
    expect(messages.every((message) => message?.from === "me")).toBe(true);
  });

  it("is nothing where there is nothing to tell", () => {
    expect(encodeMessage({ from: "me", ready: [], ended: [] })).toEqual([]);
  });

  it("is not taken from what is none", () => {
    for (const payload of [undefined, "", "{", "7", "null"]) {
      expect(decodeMessage(payload)).toBeUndefined();
    }
  });
});
