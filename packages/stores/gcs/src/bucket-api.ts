import type { GetOptions } from "@wf/core";
import type { Connection } from "./connect.ts";
import { crc32c } from "./crc32c.ts";
import type { HttpAnswer } from "./exchange.ts";
import {
  DamagedObjectError,
  explanationOf,
  ForeignAnswerError,
  jsonOf,
  RefusedError,
} from "./request-errors.ts";
import { sendRequest } from "./send-request.ts";
import type { UploadBody } from "./upload-body.ts";

export interface ListPage {
  readonly items: readonly ListItem[];
  readonly nextPageToken: string | undefined;
}

export interface ListItem {
  readonly name: string;
  /** Bytes, in decimal. */
  readonly size: string;
  /** When the object of this content was made, as of RFC 3339. */
  readonly timeCreated: string;
}

export interface ListQuery {
  readonly prefix?: string | undefined;
  /** The first name that may be listed, itself included. Default any. */
  readonly startOffset?: string | undefined;
  readonly maxResults: number;
  readonly pageToken?: string | undefined;
}

/**
 * The requests for objects of one bucket, by the JSON API, each sent once.
 *
 * All throw what {@link sendRequest} throws, RefusedError, and ForeignAnswerError where the answer is none of
 * Cloud Storage.
 *
 * @see https://cloud.google.com/storage/docs/json_api/v1/objects
 */
export class BucketApi {
  readonly #connection: Connection;
  readonly #uploadUrl: string;
  readonly #objectsUrl: string;

  constructor(connection: Connection, bucket: string) {
    const objects = `storage/v1/b/${encodeURIComponent(bucket)}/o`;
    this.#connection = connection;
    this.#uploadUrl = `${connection.endpoint}/upload/${objects}`;
    this.#objectsUrl = `${connection.endpoint}/${objects}`;
  }

  /** Stores an object, and with `ifAbsent` only where there is none: otherwise 412. */
  async insert(
    name: string,
    { contentType, bytes }: UploadBody,
    ifAbsent: boolean,
    signal: AbortSignal,
  ): Promise<void> {
    const query = new URLSearchParams({ uploadType: "multipart", name, fields: "generation" });
    if (ifAbsent) query.set("ifGenerationMatch", "0");
    const url = `${this.#uploadUrl}?${query}`;
    const headers = { "content-type": contentType };
    const answer = await this.#send("POST", url, signal, headers, bytes);
    if (!isSuccess(answer)) throw new RefusedError(ifAbsent ? "create" : "put", answer);
    if (!("generation" in jsonBody(answer))) throw foreign(answer);
  }

  /**
   * The object's bytes, or those of `range` that there are; undefined where there is no object.
   *
   * @throws DamagedObjectError where a whole object does not have the checksum that comes with it
   */
  async read(
    name: string,
    range: GetOptions["range"],
    signal: AbortSignal,
  ): Promise<Uint8Array | undefined> {
    const url = `${this.#objectUrl(name)}?alt=media`;
    const answer = await this.#send("GET", url, signal, range && { range: bytesOf(range) });
    if (answer.status === 404) return this.#confirmMissing(answer, signal);
    // The range begins at the end of the object or after it (RFC 9110, 15.5.17).
    if (range && answer.status === 416) return new Uint8Array();
    if (!isSuccess(answer)) throw new RefusedError("get", answer);
    if (!answer.headers.has("x-goog-generation")) throw foreign(answer);
    if (answer.status === 206) return answer.body;
    checkIntegrity(answer);
    return range ? answer.body.slice(range.offset, range.offset + range.length) : answer.body;
  }

  /** Removes an object, if it is there. */
  async remove(name: string, signal: AbortSignal): Promise<void> {
    const answer = await this.#send("DELETE", this.#objectUrl(name), signal);
    if (answer.status === 404) return this.#confirmMissing(answer, signal);
    if (!isSuccess(answer)) throw new RefusedError("delete", answer);
    // A page that a proxy answers with is no deletion.
    if (answer.headers.get("content-type")?.includes("html")) throw foreign(answer);
  }

  /** The objects in order of their names, from `startOffset` on. */
  async list(query: ListQuery, signal: AbortSignal): Promise<ListPage> {
    const parameters = new URLSearchParams({
      maxResults: String(query.maxResults),
      fields: "kind,nextPageToken,items(name,size,timeCreated)",
      prettyPrint: "false",
    });
    for (const name of ["prefix", "startOffset", "pageToken"] as const) {
      if (query[name]) parameters.set(name, query[name]);
    }
    const answer = await this.#send("GET", `${this.#objectsUrl}?${parameters}`, signal);
    if (!isSuccess(answer)) throw new RefusedError("list", answer);
    const page: Partial<ListPage> & { kind?: unknown } = jsonBody(answer);
    if (page.kind !== "storage#objects") throw foreign(answer);
    return { items: page.items ?? [], nextPageToken: page.nextPageToken || undefined };
  }

  /**
   * Makes sure that a 404 means the object and not its bucket. Cloud Storage says so in the text; where it is
   * another one, a list of the bucket tells, which needs no further permission.
   */
  async #confirmMissing(answer: HttpAnswer, signal: AbortSignal): Promise<undefined> {
    if (/^No such object\b/i.test(explanationOf(answer).message)) return;
    await this.list({ maxResults: 1 }, signal);
  }

  #objectUrl(name: string): string {
    return `${this.#objectsUrl}/${encodeURIComponent(name)}`;
  }

  #send(
    method: string,
    url: string,
    signal: AbortSignal,
    headers: Readonly<Record<string, string>> = {},
    body?: Buffer,
  ): Promise<HttpAnswer> {
    const { authenticator } = this.#connection;
    // Objects travel as they are stored, so that ranges and checksums fit.
    const allHeaders = new Headers({ ...headers, "accept-encoding": "identity" });
    const request = { method, url: new URL(url), headers: allHeaders, body };
    return sendRequest(authenticator, request, signal);
  }
}

function isSuccess({ status }: HttpAnswer): boolean {
  return status >= 200 && status < 300;
}

/** `bytes=a-b`, both included (RFC 9110, 14.1.2). */
function bytesOf({ offset, length }: NonNullable<GetOptions["range"]>): string {
  return `bytes=${offset}-${offset + length - 1}`;
}

function checkIntegrity({ headers, body }: HttpAnswer): void {
  const expected = /crc32c=([^,\s]+)/.exec(headers.get("x-goog-hash") ?? "")?.[1];
  if (expected === undefined) return;
  const actual = crc32c(body);
  if (actual === expected) return;
  throw new DamagedObjectError(`its CRC32C is ${actual} and should be ${expected}`);
}

function jsonBody(answer: HttpAnswer): object {
  const json = jsonOf(Buffer.from(answer.body).toString());
  if (json === undefined) throw foreign(answer);
  return json;
}

function foreign(answer: HttpAnswer): ForeignAnswerError {
  const type = answer.headers.get("content-type") ?? "no content type";
  return new ForeignAnswerError(
    `HTTP ${answer.status} (${type}): ${explanationOf(answer).message}`,
  );
}
