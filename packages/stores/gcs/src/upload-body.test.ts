import { expect, it } from "vitest";
import { crc32c } from "./crc32c.ts";
import { uploadBody } from "./upload-body.ts";

/** The parts of a body, as RFC 2046 (5.1) has them. */
function partsOf(upload: ReturnType<typeof uploadBody>): { head: string; content: Buffer }[] {
  const boundary = /^multipart\/related; boundary=(.+)$/.exec(upload.contentType)?.[1];
  const text = Buffer.concat([Buffer.from("\r\n"), upload.bytes]).toString("latin1");
  const [preamble, ...parts] = text.split(`\r\n--${boundary}`);
  expect([preamble, parts.pop()]).toEqual(["", "--\r\n"]);
  return parts.map((part) => {
    const end = part.indexOf("\r\n\r\n");
    return { head: part.slice(2, end), content: Buffer.from(part.slice(end + 4), "latin1") };
  });
}

it.each([
  ["nothing", ""],
  ["a text", "hello"],
  ["line ends", "\r\n\r\n--\r\n"],
  ["a body of the same kind", "\r\n--wf-0-i--\r\n"],
])("an upload of %s is the metadata and then the object, byte for byte", (_, text) => {
  const object = Buffer.from(text);
  const [metadata, content, ...more] = partsOf(uploadBody(object, () => 0.5));
  expect(metadata?.head).toBe("Content-Type: application/json");
  expect(JSON.parse(String(metadata?.content))).toEqual({
    contentType: "application/octet-stream",
    cacheControl: "no-store",
    crc32c: crc32c(object),
  });
  expect(content).toEqual({ head: "Content-Type: application/octet-stream", content: object });
  expect(more).toEqual([]);
});

it("the boundary is none that the object contains", () => {
  const boundaries = Array.from({ length: 20 }, (_, n) => `--wf-${n}-i`).join("\r\n");
  const upload = uploadBody(Buffer.from(boundaries), () => 0.5);
  expect(upload.contentType).toBe("multipart/related; boundary=wf-20-i");
});

it("an object in the middle of a buffer is sent without what is around it", () => {
  const around = Buffer.from("around object around");
  const [, content] = partsOf(
    uploadBody(new Uint8Array(around.buffer, around.byteOffset + 7, 6), () => 0.5),
  );
  expect(content?.content.toString()).toBe("object");
});
