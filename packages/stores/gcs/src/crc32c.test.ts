import { CRC32C } from "@google-cloud/storage";
import { seededRandom } from "@wf/testing";
import { expect, it } from "vitest";
import { crc32c } from "./crc32c.ts";

// RFC 3720, B.4, as numbers: there the lowest byte comes first.
it.each([
  ["nothing", Uint8Array.of(), "00000000"],
  ["32 bytes of zeroes", new Uint8Array(32), "8a9136aa"],
  ["32 bytes of ones", new Uint8Array(32).fill(0xff), "62a8ab43"],
  ["32 bytes ascending", Uint8Array.from({ length: 32 }, (_, i) => i), "46dd794e"],
  ["32 bytes descending", Uint8Array.from({ length: 32 }, (_, i) => 31 - i), "113fdb5c"],
  ["the check of the catalogues", Buffer.from("123456789"), "e3069283"],
])("the CRC-32C of %s is that of the standard", (_, bytes, expected) => {
  expect(Buffer.from(crc32c(bytes), "base64").toString("hex")).toBe(expected);
});

it("agrees with the client of Cloud Storage on bytes of any length", () => {
  const random = seededRandom(1);
  for (let length = 0; length < 300; length++) {
    const bytes = Buffer.from(Uint8Array.from({ length }, () => random() * 256));
    const theirs = new CRC32C();
    theirs.update(bytes);
    expect(crc32c(bytes)).toBe(theirs.toString());
  }
});
