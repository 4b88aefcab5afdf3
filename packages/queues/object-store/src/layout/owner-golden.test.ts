import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decodeEpoch, encodeEpoch } from "./epoch-object.ts";
import { decodeHeartbeat, encodeHeartbeat } from "./heartbeat-object.ts";
import { epochKey, heartbeatKey } from "./keys.ts";

/**
 * The stored bytes of what tells about an owner, layout version 1, which every later version must be able to
 * read. `WF_WRITE_GOLDEN=1` writes the file anew; that is right only before a release.
 */
const FILE = new URL("./golden/v1-owner.json", import.meta.url);

const OWNER = {
  epoch: 7,
  ownerId: "6d7d4e7b2c67ecaf40acb5bfb7322a63",
  host: "wörker-1.example",
  processId: 4_711,
  openedAt: 1_700_000_000_000,
};
const BEAT = { epoch: 7, count: 42, at: 1_700_000_420_000, intervalMs: 10_000 };
const EPOCH_KEY = epochKey("queue", 7);
const BEAT_KEY = heartbeatKey("queue", 7);

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const written = { [EPOCH_KEY]: hex(encodeEpoch(OWNER)), [BEAT_KEY]: hex(encodeHeartbeat(BEAT)) };

if (process.env["WF_WRITE_GOLDEN"]) {
  writeFileSync(FILE, `${JSON.stringify(written, undefined, 2)}\n`);
}
const golden = JSON.parse(readFileSync(FILE, "utf8")) as Record<string, string>;
const stored = (key: string) => Buffer.from(golden[key] as string, "hex");

describe("epoch and heartbeat objects, layout version 1,", () => {
  it("are what is written, byte for byte", () => {
    expect(written).toEqual(golden);
  });

  it("are read as they were meant", () => {
    expect(decodeEpoch(EPOCH_KEY, stored(EPOCH_KEY))).toEqual(OWNER);
    expect(decodeHeartbeat(BEAT_KEY, stored(BEAT_KEY), 7)).toEqual(BEAT);
  });

  it("refuse a newer layout, and a heartbeat that is damaged or another epoch's", () => {
    const newer = stored(BEAT_KEY);
    newer[4] = 2;
    expect(() => decodeHeartbeat(BEAT_KEY, newer, 7)).toThrow(
      expect.objectContaining({ code: "WF_LAYOUT_UNSUPPORTED", key: BEAT_KEY }),
    );
    const damaged = expect.objectContaining({ code: "WF_DATA_CORRUPT", key: BEAT_KEY });
    const flipped = stored(BEAT_KEY);
    flipped[20] = (flipped[20] as number) ^ 1;
    expect(() => decodeHeartbeat(BEAT_KEY, flipped, 7)).toThrow(damaged);
    expect(() => decodeHeartbeat(BEAT_KEY, stored(BEAT_KEY).subarray(0, 12), 7)).toThrow(damaged);
    expect(() => decodeHeartbeat(BEAT_KEY, stored(BEAT_KEY), 8)).toThrow(damaged);
    expect(() => decodeHeartbeat(BEAT_KEY, stored(EPOCH_KEY), 7)).toThrow(damaged);
  });
});
