import { StoreError, WfError } from "../errors.ts";

const NOTHING = new Uint8Array();

/**
 * A result as JSON in UTF-8; undefined, which JSON has not, as no bytes.
 *
 * @throws WF_NOT_SERIALIZABLE naming the memo key
 */
export function encodeRemembered(result: unknown, key: string): Uint8Array {
  if (result === undefined) return NOTHING;
  let json: string | undefined;
  let cause: unknown;
  try {
    json = JSON.stringify(result);
  } catch (error) {
    cause = error;
  }
  if (json !== undefined) return Buffer.from(json);
  const problem =
    cause instanceof Error ? cause.message : `JSON has nothing for a ${typeof result}`;
  throw new WfError(
    "WF_NOT_SERIALIZABLE",
    `the result for memo key ${JSON.stringify(key)} is not serialisable: ${problem}`,
    { key, cause },
  );
}

/** @throws WF_DATA_CORRUPT where the entry was not written by `remember` */
export function decodeRemembered(body: Uint8Array, objectKey: string): unknown {
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8"));
  } catch (error) {
    throw new StoreError(
      "WF_DATA_CORRUPT",
      `${objectKey}: the entry holds no JSON; was it written by put and read by remember?`,
      { key: objectKey, cause: error },
    );
  }
}
