import type { Storage } from "@google-cloud/storage";
import { exchange, type HttpAnswer, type HttpRequest } from "./exchange.ts";
import { NotSentError } from "./request-errors.ts";

/** What adds credentials to requests. */
export type Authenticator = Pick<Storage["authClient"], "request">;

/**
 * Sends a request with the credentials of `authenticator`, or without any. It is sent once, with one exception:
 * where the server refuses the credentials (401, 403), the authenticator may renew them and send it again.
 *
 * Of the authenticator's own client, gaxios, only what surrounds a request is used: the token, further headers,
 * and the agent for a proxy or a client certificate. Its transport, node-fetch 3.3, ends the process with an
 * uncaught AbortError where a signal is aborted just after the head of an answer came.
 *
 * @throws NotSentError where there is no access token, so that nothing was sent
 * @throws what the connection failed with; the server may have got the request
 */
export async function sendRequest(
  authenticator: Authenticator | undefined,
  request: HttpRequest,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  if (authenticator === undefined) return exchange(request, signal);
  const last: { isSent: boolean; answer?: HttpAnswer | undefined } = { isSent: false };
  try {
    await authenticator.request({
      method: request.method,
      url: request.url,
      headers: request.headers,
      retry: false,
      async adapter(options) {
        const { url, headers } = options;
        const agent = typeof options.agent === "function" ? options.agent(url) : options.agent;
        last.isSent = true;
        last.answer = undefined;
        last.answer = await exchange({ ...request, url, headers, agent }, signal);
        const response = new Response(null, { status: last.answer.status });
        return Object.assign(response, { config: options, data: undefined as never });
      },
    });
  } catch (error) {
    // A status that is no success is thrown as well.
    if (last.answer === undefined) throw last.isSent ? causeOf(error) : new NotSentError(error);
  }
  return last.answer as HttpAnswer;
}

/** What happened to the connection is the cause of the client's own error, which holds the whole request. */
function causeOf(error: unknown): unknown {
  return error instanceof Error && error.cause instanceof Error ? error.cause : error;
}
