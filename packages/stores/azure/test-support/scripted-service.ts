import {
  ScriptedServer,
  type SeenRequest,
  type WholeAnswer,
} from "@wf/test-support/scripted-server";

/** The account in the path, as emulators have it. */
const ACCOUNT = "account";
export const CONTAINER = "container";

export interface ReceivedRequest extends SeenRequest {
  /** Without the account and the container; "" for those of the container. */
  readonly name: string;
}

export interface Answer extends WholeAnswer {
  /** Error code of the service; there is none where something else answers. */
  readonly code?: string;
}

/** An answer, or what happens in its place. */
export type Script = Answer | "drop" | "hang";

/**
 * The service as a test wants it. What it has no script for, it answers as the service does for a container that
 * holds `blobs`.
 */
export class ScriptedService {
  readonly blobs = new Map<string, Buffer>();
  readonly requests: ReceivedRequest[] = [];
  /** What is said to a request; undefined: what the service says. */
  script: (request: ReceivedRequest, index: number) => Script | undefined = () => undefined;
  /** Whether a request with a script is carried out before it. */
  applies = false;
  readonly server: ScriptedServer;

  private constructor(server: ScriptedServer) {
    this.server = server;
    server.otherwise = (request) => this.#answer(request);
  }

  static async open(): Promise<ScriptedService> {
    return new ScriptedService(await ScriptedServer.open());
  }

  /** Of the account. */
  get url(): string {
    return `${this.server.url}/${ACCOUNT}`;
  }

  get connectionString(): string {
    const key = Buffer.from("the key").toString("base64");
    return `DefaultEndpointsProtocol=http;AccountName=${ACCOUNT};AccountKey=${key};BlobEndpoint=${this.url}`;
  }

  #answer(seen: SeenRequest): WholeAnswer | "drop" | "hang" {
    const name = decodeURIComponent(seen.url.pathname).split("/").slice(3).join("/");
    const request = { ...seen, name };
    const script = this.script(request, this.requests.push(request) - 1);
    const usual = script === undefined || this.applies ? answerTo(request, this.blobs) : undefined;
    const said = script ?? (usual as Answer);
    return typeof said === "string" ? said : asSent(said);
  }
}

function asSent({ code, ...answer }: Answer): WholeAnswer {
  if (code === undefined) return answer;
  const headers = { ...OF_SERVICE, "content-type": "application/xml", "x-ms-error-code": code };
  const body = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>scripted</Message></Error>`;
  return { ...answer, headers: { ...headers, ...answer.headers }, body };
}

/** By these the answers of the service are known. */
export const OF_SERVICE = { "x-ms-request-id": "1", "x-ms-version": "2026-10-06", etag: '"0x1"' };

function answerTo(request: ReceivedRequest, blobs: Map<string, Buffer>): Answer {
  const { method, name, url } = request;
  const query = url.searchParams;
  if (query.get("comp") === "list") return listPage(blobs, query);
  if (query.get("comp") === "batch") return batchAnswer(request, (blob) => remove(blobs, blob));
  if (method === "PUT") return put(request, blobs);
  if (method === "DELETE") return remove(blobs, name);
  const blob = blobs.get(name);
  return blob === undefined
    ? { status: 404, code: "BlobNotFound" }
    : { status: 200, headers: OF_SERVICE, body: blob };
}

function put({ name, headers, body }: ReceivedRequest, blobs: Map<string, Buffer>): Answer {
  const isCreate = headers["if-none-match"] === "*";
  if (isCreate && blobs.has(name)) return { status: 409, code: "BlobAlreadyExists" };
  blobs.set(name, body);
  return { status: 201, headers: OF_SERVICE };
}

function remove(blobs: Map<string, Buffer>, name: string): Answer {
  return blobs.delete(name)
    ? { status: 202, headers: OF_SERVICE }
    : { status: 404, code: "BlobNotFound" };
}

/** A service that knows neither `startFrom` nor more than the page size. */
function listPage(blobs: Map<string, Buffer>, query: URLSearchParams): Answer {
  const from = query.get("marker") ?? "";
  const names = [...blobs.keys()]
    .sort()
    .filter((name) => name.startsWith(query.get("prefix") ?? "") && name >= from);
  const size = Number(query.get("maxresults"));
  return listAnswer(names.slice(0, size), names[size]);
}

/** A page of a listing. */
export function listAnswer(names: readonly string[], nextMarker = ""): Answer {
  const items = names.map(
    (name) =>
      `<Blob><Name>${name}</Name><Properties><Last-Modified>Sun, 22 Nov 2026 11:30:19 GMT</Last-Modified>` +
      `<Etag>0x1</Etag><Content-Length>3</Content-Length><BlobType>BlockBlob</BlobType></Properties></Blob>`,
  );
  return {
    status: 200,
    headers: { ...OF_SERVICE, "content-type": "application/xml" },
    body:
      `<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint="x" ContainerName="${CONTAINER}">` +
      `<Blobs>${items.join("")}</Blobs><NextMarker>${nextMarker}</NextMarker></EnumerationResults>`,
  };
}

/** The names of the blobs that a batch is to delete. */
export function namesInBatch({ body }: ReceivedRequest): string[] {
  const lines = body.toString().matchAll(/^DELETE \/account\/container\/(\S+?)(\?\S*)? HTTP/gm);
  return [...lines].map((line) => decodeURIComponent(String(line[1])));
}

/** The answer to a batch, with that of `each` to each of its parts. */
export function batchAnswer(request: ReceivedRequest, each: (name: string) => Answer): Answer {
  const parts = namesInBatch(request).map((name, i) => {
    const { status, code } = each(name);
    const error = code === undefined ? "" : `x-ms-error-code: ${code}\r\n`;
    return (
      `--response\r\nContent-Type: application/http\r\nContent-ID: ${i}\r\n\r\n` +
      `HTTP/1.1 ${status} Something\r\nx-ms-request-id: ${i}\r\n${error}\r\n\r\n`
    );
  });
  return {
    status: 202,
    headers: { ...OF_SERVICE, "content-type": "multipart/mixed; boundary=response" },
    body: `${parts.join("")}--response--\r\n`,
  };
}
