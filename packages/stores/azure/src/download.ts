import type { Readable } from "node:stream";
import type { BlobClient } from "@azure/storage-blob";
import type { GetOptions } from "@wf/core";
import { ForeignAnswer, serviceCode } from "./map-failure.ts";

/** The blob's bytes, or those of `range` that there are; undefined where there is no blob. One request. */
export async function download(
  blob: BlobClient,
  range: GetOptions["range"],
  abortSignal: AbortSignal,
): Promise<Uint8Array | undefined> {
  try {
    return await readBlob(blob, range, abortSignal);
  } catch (error) {
    const code = serviceCode(error);
    if (code === "BlobNotFound") return undefined;
    // The range starts at the end of the blob or after it, so there is one.
    if (code === "InvalidRange") return new Uint8Array();
    throw error;
  }
}

async function readBlob(
  blob: BlobClient,
  range: GetOptions["range"],
  abortSignal: AbortSignal,
): Promise<Uint8Array> {
  const answer = await blob.download(range?.offset, range?.length, {
    abortSignal,
    // A body that was cut off: the store asks again, for all of it.
    maxRetryRequests: 0,
  });
  // On Node, and with a length, which the client has looked for.
  const stream = answer.readableStreamBody as Readable;
  const bytes = new Uint8Array(answer.contentLength as number);
  if (answer.requestId === undefined) {
    stream.destroy();
    throw new ForeignAnswer("x-ms-request-id");
  }
  let filled = 0;
  // The stream fails where it does not end at just that length.
  for await (const chunk of stream) {
    bytes.set(chunk, filled);
    filled += chunk.length;
  }
  return bytes;
}
