import type { RandomSource } from "@wf/core";
import { crc32c } from "./crc32c.ts";

/** The body of an upload and how it is to be announced. */
export interface UploadBody {
  readonly contentType: string;
  readonly bytes: Buffer;
}

/**
 * An object with its metadata as one `multipart/related` body: stored with a single request, and not at all
 * unless the server comes to the same checksum. `no-store` keeps reads consistent in a bucket that is public.
 * The object is copied.
 *
 * @see https://cloud.google.com/storage/docs/uploading-objects#rest-upload-objects
 * @see https://cloud.google.com/storage/docs/consistency
 */
export function uploadBody(object: Uint8Array, random: RandomSource): UploadBody {
  const metadata = JSON.stringify({
    contentType: "application/octet-stream",
    cacheControl: "no-store",
    crc32c: crc32c(object),
  });
  const boundary = boundaryFor(object, random);
  const head =
    `--${boundary}\r\nContent-Type: application/json\r\n\r\n${metadata}\r\n` +
    `--${boundary}\r\nContent-Type: application/octet-stream\r\n\r\n`;
  return {
    contentType: `multipart/related; boundary=${boundary}`,
    bytes: Buffer.concat([Buffer.from(head), object, Buffer.from(`\r\n--${boundary}--\r\n`)]),
  };
}

/** A text that the object does not contain. Random, lest one be made on purpose that contains the first ones. */
function boundaryFor(object: Uint8Array, random: RandomSource): string {
  const bytes = Buffer.from(object.buffer, object.byteOffset, object.byteLength);
  for (let n = 0; ; n++) {
    const boundary = `wf-${n}-${random().toString(36).slice(2)}`;
    if (!bytes.includes(boundary)) return boundary;
  }
}
