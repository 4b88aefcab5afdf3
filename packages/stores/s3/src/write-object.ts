import { PutObjectCommand } from "@aws-sdk/client-s3";
import type { PutOptions } from "@wf/core";
import type { Bucket } from "./bucket.ts";
import { ForeignAnswer } from "./map-failure.ts";

/** Stores `body` in one request, as a buffer: a stream could not be sent again. */
export function writeObject(
  { client, name, keyPrefix, requests, once }: Bucket,
  key: string,
  body: Uint8Array,
  { ifAbsent = false, signal }: PutOptions,
): Promise<void> {
  const input = {
    Bucket: name,
    Key: keyPrefix + key,
    Body: body,
    ...(ifAbsent && { IfNoneMatch: "*" }),
  };
  const operation = ifAbsent ? "create" : "put";
  return requests.send({ operation, of: key, key, signal }, async (abortSignal) => {
    const { ETag } = await client.send(once(new PutObjectCommand(input)), { abortSignal });
    if (ETag === undefined) throw new ForeignAnswer("an ETag");
  });
}
