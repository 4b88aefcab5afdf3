import { GetObjectCommand } from "@aws-sdk/client-s3";
import type { GetOptions } from "@wf/core";
import type { Bucket } from "./bucket.ts";
import { codeOf, ForeignAnswer, statusOf } from "./map-failure.ts";

/** The object's bytes, or those of `range` that there are; undefined where there is no such key. */
export function readObject(
  { client, name, keyPrefix, requests, once }: Bucket,
  key: string,
  { range, signal }: GetOptions,
): Promise<Uint8Array | undefined> {
  const input = {
    Bucket: name,
    Key: keyPrefix + key,
    ...(range && { Range: `bytes=${range.offset}-${range.offset + range.length - 1}` }),
  };
  return requests.send({ operation: "get", of: key, key, signal }, async (abortSignal) => {
    try {
      const command = once(new GetObjectCommand(input));
      const { Body, ETag, ContentRange } = await client.send(command, { abortSignal });
      const bytes = await Body?.transformToByteArray();
      if (bytes === undefined || ETag === undefined) throw new ForeignAnswer("an ETag");
      // A server may give the whole object instead of a part (RFC 9110, 14.2).
      if (range === undefined || ContentRange !== undefined) return bytes;
      return bytes.slice(range.offset, range.offset + range.length);
    } catch (error) {
      if (statusOf(error) === 404 && codeOf(error) === "NoSuchKey") return undefined;
      // The range begins past the end of an object that is there.
      if (statusOf(error) === 416 && range !== undefined) return new Uint8Array();
      throw error;
    }
  });
}
