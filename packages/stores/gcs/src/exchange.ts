import { type Agent, request as openHttp } from "node:http";
import { request as openHttps } from "node:https";

export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly body?: Buffer | undefined;
  /** Which connection is used, for a proxy or a client certificate. Default one that is kept alive. */
  readonly agent?: Agent | undefined;
}

/** What came back for a request, whatever its status. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/**
 * Sends a request, once, and reads the answer to its end, as it came: nothing is followed or unpacked.
 *
 * @throws what the connection failed with, a part of an answer included; the server may have got the request
 */
export function exchange(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
  const { method, url, headers, body, agent } = request;
  const open = url.protocol === "https:" ? openHttps : openHttp;
  return new Promise((resolve, reject) => {
    const sent = open(url, { method, headers: Object.fromEntries(headers), agent, signal });
    // There may be several: what the first one was is told.
    sent.on("error", reject);
    sent.once("response", (response) => {
      response.toArray().then((chunks) => {
        const status = response.statusCode as number;
        resolve({ status, headers: headersOf(response.rawHeaders), body: joined(chunks) });
      }, reject);
    });
    sent.end(body);
  });
}

function headersOf(raw: readonly string[]): Headers {
  const headers = new Headers();
  for (let i = 0; i < raw.length; i += 2) headers.append(raw[i] as string, raw[i + 1] as string);
  return headers;
}

/** In memory of its own, because the caller gets it. */
function joined(chunks: readonly Buffer[]): Uint8Array {
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let end = 0;
  for (const chunk of chunks) {
    whole.set(chunk, end);
    end += chunk.length;
  }
  return whole;
}
