import { PutObjectCommand } from "@aws-sdk/client-s3";
import type { PutOptions } from "@wf/core";
import { ForeignAnswer } from "./map-failure.ts";
import type { Requests } from "./requests.ts";

/** Stores `body` in one request, as a buffer: a stream could not be sent again. */
export function writeObject(
  requests: Requests,
  key: string,
  body: Uint8Array,
  { ifAbsent = false, signal }: PutOptions,
): Promise<void> {
  const input = {
    Bucket: requests.bucket,
    Key: requests.keyPrefix + key,
    Body: body,
    ...(ifAbsent && { IfNoneMatch: "*" }),
  };
  const operation = ifAbsent ? "create" : "put";
  return requests.run({ operation, of: key, key, signal }, async (options) => {
    const command = requests.once(new PutObjectCommand(input));
    const { ETag } = await requests.client.send(command, options);
    if (ETag === undefined) throw new ForeignAnswer("an ETag");
  });
}
