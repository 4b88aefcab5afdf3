import { Readable } from "node:stream";
import type { IHttpClient } from "@azure/storage-blob";

/** For tests of tokens, which the client sends over https only: takes such requests to a server without TLS. */
export const httpsToHttp: IHttpClient = {
  async sendRequest(request) {
    const { method, body } = request;
    const answer = await fetch(request.url.replace(/^https:/, "http:"), {
      method,
      headers: request.headers.rawHeaders(),
      ...(typeof body === "string" || body instanceof Uint8Array ? { body } : {}),
    });
    const headers = request.headers.clone();
    for (const { name } of headers.headersArray()) headers.remove(name);
    answer.headers.forEach((value, name) => {
      headers.set(name, value);
    });
    const bytes = Buffer.from(await answer.arrayBuffer());
    return {
      request,
      status: answer.status,
      headers,
      bodyAsText: bytes.toString(),
      readableStreamBody: Readable.from([bytes]),
    };
  },
};
