import { describe, expect, it } from "vitest";
import { decodeFrame, encodeFrame, FRAME_HEADER_BYTES, writeFrameHeader } from "./frame.ts";

const KIND = { magic: "wfxx", version: 2 };
const bytes = (text: string) => new TextEncoder().encode(text);

describe("A frame", () => {
  it("gives the body back, also an empty one", () => {
    for (const body of [bytes(""), bytes("x"), new Uint8Array(100_000).fill(7)]) {
      expect(decodeFrame(KIND, "k", encodeFrame(KIND, body))).toEqual(body);
    }
  });

  it("joins the parts of a body", () => {
    const frame = encodeFrame(KIND, bytes("ab"), bytes(""), bytes("c"));
    expect(decodeFrame(KIND, "k", frame)).toEqual(bytes("abc"));
  });

  it("is pinned", () => {
    expect(Buffer.from(encodeFrame(KIND, bytes("hello"))).toString("hex")).toBe(
      "77667878023610a68668656c6c6f",
    );
  });

  it("can be built in place", () => {
    const frame = Buffer.alloc(FRAME_HEADER_BYTES + 5);
    frame.write("hello", FRAME_HEADER_BYTES);
    writeFrameHeader(frame, KIND);
    expect(new Uint8Array(frame)).toEqual(encodeFrame(KIND, bytes("hello")));
  });

  it("is read from the middle of a buffer", () => {
    const frame = encodeFrame(KIND, bytes("hello"));
    const around = new Uint8Array(frame.length + 20);
    around.set(frame, 10);
    expect(decodeFrame(KIND, "k", around.subarray(10, 10 + frame.length))).toEqual(bytes("hello"));
  });

  it("shows every changed bit and every missing byte", () => {
    const frame = encodeFrame(KIND, bytes("hello"));
    for (let bit = 0; bit < frame.length * 8; bit++) {
      const damaged = frame.slice();
      damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
      // The version is the one byte that the checksum cannot cover: an older layout has its own.
      if (damaged[4] === 0 || bit >> 3 !== 4) {
        expect(() => decodeFrame(KIND, "some/key", damaged)).toThrowError(
          expect.objectContaining({ code: "WF_DATA_CORRUPT", key: "some/key", retry: "never" }),
        );
      }
    }
    for (let length = 0; length < frame.length; length++) {
      expect(() => decodeFrame(KIND, "k", frame.subarray(0, length))).toThrowError(
        expect.objectContaining({ code: "WF_DATA_CORRUPT" }),
      );
    }
  });

  it("is refused when it is of a newer version or another kind", () => {
    const newer = encodeFrame({ ...KIND, version: 3 }, bytes("x"));
    expect(() => decodeFrame(KIND, "k", newer)).toThrowError(
      expect.objectContaining({
        code: "WF_LAYOUT_UNSUPPORTED",
        message: expect.stringMatching(/version is 3 .* up to 2; upgrade wf/),
      }),
    );
    expect(() => decodeFrame({ ...KIND, magic: "wfyy" }, "k", newer)).toThrowError(
      /starts with "wfxx" instead of "wfyy"/,
    );
  });

  it("of an older version is read", () => {
    const older = encodeFrame({ ...KIND, version: 1 }, bytes("x"));
    expect(decodeFrame(KIND, "k", older)).toEqual(bytes("x"));
  });
});
