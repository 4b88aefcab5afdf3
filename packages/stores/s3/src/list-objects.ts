import { ListObjectsV2Command, type _Object as S3Object } from "@aws-sdk/client-s3";
import { type ListOptions, type ObjectMeta, StoreError } from "@wf/core";
import { checkObjectKey } from "@wf/core/adapter";
import { ForeignAnswer } from "./map-failure.ts";
import type { Requests } from "./requests.ts";

interface Page {
  readonly metas: readonly ObjectMeta[];
  /** Asks for the next page; undefined after the last one. */
  readonly token: string | undefined;
}

/**
 * The objects whose key starts with `prefix`, page by page as they are consumed. What is not a key of wf, such
 * as the marker of a folder, is passed over.
 */
export async function* listObjects(
  requests: Requests,
  prefix: string,
  { startAfter = "", signal }: ListOptions,
  pageSize: number,
): AsyncGenerator<ObjectMeta> {
  signal?.throwIfAborted();
  if (!canBegin(prefix) || (startAfter > prefix && !startAfter.startsWith(prefix))) return;
  let last = startAfter;
  let token: string | undefined;
  do {
    const page = await listPage(requests, { prefix, startAfter, token, pageSize, signal });
    for (const meta of page.metas) {
      signal?.throwIfAborted();
      if (!meta.key.startsWith(prefix) || meta.key <= startAfter) continue;
      if (meta.key <= last) throw unordered(requests, prefix, last, meta.key);
      last = meta.key;
      yield meta;
    }
    token = page.token;
  } while (token !== undefined);
}

interface PageQuery {
  readonly prefix: string;
  readonly startAfter: string;
  readonly token: string | undefined;
  readonly pageSize: number;
  readonly signal: AbortSignal | undefined;
}

function listPage(requests: Requests, query: PageQuery): Promise<Page> {
  const { prefix, startAfter, token, pageSize, signal } = query;
  const { bucket, keyPrefix } = requests;
  const input = {
    Bucket: bucket,
    Prefix: keyPrefix + askedPrefix(prefix),
    MaxKeys: pageSize,
    ContinuationToken: token,
    ...(token === undefined &&
      startAfter > prefix && { StartAfter: keyPrefix + askedStart(startAfter) }),
  };
  return requests.run({ operation: "list", of: prefix, signal }, async (options) => {
    const command = requests.once(new ListObjectsV2Command(input));
    const answer = await requests.client.send(command, options);
    // Without it, the SDK would take anything at all for an empty page.
    if (answer.IsTruncated === undefined) throw new ForeignAnswer("IsTruncated");
    const { IsTruncated, NextContinuationToken, Contents = [] } = answer;
    if (IsTruncated && NextContinuationToken === undefined) {
      throw new ForeignAnswer("NextContinuationToken");
    }
    const metas = Contents.map((object) => metaOf(object, keyPrefix)).filter((meta) =>
      isKey(meta.key),
    );
    return { metas, token: IsTruncated ? NextContinuationToken : undefined };
  });
}

function metaOf({ Key, Size, LastModified }: S3Object, keyPrefix: string): ObjectMeta {
  if (Key?.startsWith(keyPrefix) !== true) throw new ForeignAnswer("the prefix that was asked for");
  if (Size === undefined) throw new ForeignAnswer("Size");
  if (LastModified === undefined) throw new ForeignAnswer("LastModified");
  return { key: Key.slice(keyPrefix.length), size: Size, lastModified: LastModified.getTime() };
}

function isKey(text: string): boolean {
  try {
    checkObjectKey(text);
    return true;
  } catch {
    return false;
  }
}

/** Whether there can be keys that start with `prefix`: stores may refuse one that no key can have. */
function canBegin(prefix: string): boolean {
  return isKey(prefix) || isKey(`${prefix}x`);
}

/** MinIO refuses a last segment of "." or "..", which a key can begin with. */
function askedPrefix(prefix: string): string {
  return prefix.replace(/(?<=^|\/)\.\.?$/, "");
}

/** Up to what no key can have, which stores may refuse: that lists no less. */
function askedStart(startAfter: string): string {
  return startAfter.replace(/[^A-Za-z0-9._=/-].*$/s, "");
}

function unordered(requests: Requests, prefix: string, before: string, key: string): StoreError {
  return new StoreError(
    "WF_STORE_UNSUPPORTED",
    `list s3://${requests.bucket}/${requests.keyPrefix}${prefix}: the store lists ${key} after ${before}; ` +
      "wf needs a store that lists in the order of the keys",
    { key },
  );
}
