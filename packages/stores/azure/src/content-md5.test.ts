import { hash } from "node:crypto";
import { beforeEach, expect, it, vi } from "vitest";
import { contentMd5 } from "./content-md5.ts";

vi.mock("node:crypto", async (importOriginal) => {
  const crypto = await importOriginal<typeof import("node:crypto")>();
  return { ...crypto, hash: vi.fn(crypto.hash) };
});

beforeEach(() => {
  vi.mocked(hash).mockReset();
});

it("is the MD5 of the body", () => {
  expect(Buffer.from(contentMd5(Uint8Array.of(1, 2, 3)) ?? []).toString("base64")).toBe(
    "Uonfc331cyb83SJZevsfrA==",
  );
});

it("is left out where the platform has none, as in FIPS mode", () => {
  vi.mocked(hash).mockImplementation(() => {
    throw new Error("digital envelope routines::unsupported");
  });
  expect(contentMd5(Uint8Array.of(1, 2, 3))).toBeUndefined();
});
