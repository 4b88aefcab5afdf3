import { CRC32C } from "@google-cloud/storage";
import type { WholeAnswer } from "@wf/test-support/scripted-server";

/** What the JSON API answers, as its documentation and its client describe it. */

const JSON_TYPE = { "content-type": "application/json; charset=UTF-8" };

export const STORED: WholeAnswer = {
  status: 200,
  headers: JSON_TYPE,
  body: JSON.stringify({ generation: "1795345899197748" }),
};

export const DELETED: WholeAnswer = { status: 204 };

export function stored(body: Uint8Array): WholeAnswer {
  return { status: 200, headers: objectHeaders(body), body };
}

export function part(body: Uint8Array, start: number, end: number): WholeAnswer {
  const range = { "content-range": `bytes ${start}-${end - 1}/${body.length}` };
  const headers = { ...objectHeaders(body), ...range };
  return { status: 206, headers, body: body.subarray(start, end) };
}

export function listing(names: readonly string[], nextPageToken?: string): WholeAnswer {
  const items = names.map((name) => ({
    name,
    size: String(name.length),
    timeCreated: "2026-11-22T11:11:39.197Z",
  }));
  const page = { kind: "storage#objects", nextPageToken, ...(names.length > 0 && { items }) };
  return { status: 200, headers: JSON_TYPE, body: JSON.stringify(page) };
}

export function refusal(status: number, reason: string, message = "as scripted"): WholeAnswer {
  const errors = [{ domain: "global", reason, message }];
  const body = JSON.stringify({ error: { code: status, message, errors } });
  return { status, headers: JSON_TYPE, body };
}

export function page(status: number): WholeAnswer {
  const headers = { "content-type": "text/html" };
  return { status, headers, body: "<html><h1>Sign in to the network</h1></html>" };
}

/** Downloads are refused in mere text. */
export function text(status: number, body: string): WholeAnswer {
  return { status, headers: { "content-type": "text/html; charset=UTF-8" }, body };
}

function objectHeaders(body: Uint8Array): Record<string, string> {
  const checksum = new CRC32C();
  checksum.update(Buffer.from(body));
  return {
    "content-type": "application/octet-stream",
    "x-goog-generation": "1795345899197748",
    "x-goog-hash": `crc32c=${checksum},md5=XUFAKrxLKna5cZ2REBfFkg==`,
  };
}
