import { ListObjectsV2Command, type _Object as S3Object } from "@aws-sdk/client-s3";
import type { ListOptions, ObjectMeta } from "@wf/core";
import { type ListedPage, type ListQuery, listByPages } from "@wf/core/adapter";
import type { Bucket } from "./bucket.ts";
import { ForeignAnswer } from "./map-failure.ts";

/** The objects whose key starts with `prefix`, page by page as they are consumed. */
export function listObjects(
  bucket: Bucket,
  prefix: string,
  options: ListOptions,
  pageSize: number,
): AsyncGenerator<ObjectMeta> {
  const { requests } = bucket;
  const what = requests.describe("list", prefix);
  const orderAdvice =
    "use a general purpose bucket, or a store that lists in the order of the keys";
  return listByPages({ ...options, prefix, what, orderAdvice }, (query) =>
    requests.send({ operation: "list", of: prefix, signal: options.signal }, (abortSignal) =>
      fetchPage(bucket, query, pageSize, abortSignal),
    ),
  );
}

async function fetchPage(
  { client, name, keyPrefix, once }: Bucket,
  { prefix, startAfter, token }: ListQuery,
  pageSize: number,
  abortSignal: AbortSignal,
): Promise<ListedPage> {
  const input = {
    Bucket: name,
    Prefix: keyPrefix + askedPrefix(prefix),
    MaxKeys: pageSize,
    ContinuationToken: token,
    ...(token === undefined && startAfter !== undefined && { StartAfter: keyPrefix + startAfter }),
  };
  const answer = await client.send(once(new ListObjectsV2Command(input)), { abortSignal });
  // Without it, the SDK would take anything at all for an empty page.
  if (answer.IsTruncated === undefined) throw new ForeignAnswer("IsTruncated");
  const { IsTruncated, NextContinuationToken, Contents = [] } = answer;
  if (IsTruncated && NextContinuationToken === undefined) {
    throw new ForeignAnswer("NextContinuationToken");
  }
  return {
    objects: Contents.map((object) => metaOf(object, keyPrefix)),
    token: IsTruncated ? NextContinuationToken : undefined,
  };
}

function metaOf({ Key, Size, LastModified }: S3Object, keyPrefix: string): ObjectMeta {
  if (Key?.startsWith(keyPrefix) !== true) throw new ForeignAnswer("the prefix that was asked for");
  if (Size === undefined) throw new ForeignAnswer("Size");
  if (LastModified === undefined) throw new ForeignAnswer("LastModified");
  return { key: Key.slice(keyPrefix.length), size: Size, lastModified: LastModified.getTime() };
}

/** MinIO refuses a last segment of "." or "..", which a key can begin with. */
function askedPrefix(prefix: string): string {
  return prefix.replace(/(?<=^|\/)\.\.?$/, "");
}
