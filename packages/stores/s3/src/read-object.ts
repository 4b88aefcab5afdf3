import { GetObjectCommand } from "@aws-sdk/client-s3";
import type { GetOptions } from "@wf/core";
import { codeOf, ForeignAnswer, statusOf } from "./map-failure.ts";
import type { Requests } from "./requests.ts";

/** The object's bytes, or those of `range` that there are; undefined where there is no such key. */
export function readObject(
  requests: Requests,
  key: string,
  { range, signal }: GetOptions,
): Promise<Uint8Array | undefined> {
  const input = {
    Bucket: requests.bucket,
    Key: requests.keyPrefix + key,
    ...(range && { Range: `bytes=${range.offset}-${range.offset + range.length - 1}` }),
  };
  return requests.run({ operation: "get", of: key, key, signal }, async (options) => {
    try {
      const command = requests.once(new GetObjectCommand(input));
      const { Body, ETag, ContentRange } = await requests.client.send(command, options);
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
