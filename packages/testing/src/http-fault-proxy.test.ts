import { once } from "node:events";
import { createServer, type IncomingMessage, request as openRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import { HttpFaultProxy } from "./http-fault-proxy.ts";

const BODY = Buffer.from(Array.from({ length: 200_000 }, (_, i) => i * 31));

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** A server that notes what it gets, answers with `BODY`, and the proxy in front of it. */
async function openProxy() {
  const received: { method: string; rawHeaders: readonly string[]; body: Buffer }[] = [];
  const server = createServer(async (request, response) => {
    const { method = "", rawHeaders } = request;
    received.push({ method, rawHeaders, body: await buffer(request) });
    response.writeHead(200, "Fine", ["X-Case", "Kept", "x-two", "1", "x-two", "2"]).end(BODY);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const target = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const proxy = await HttpFaultProxy.open({ target });
  closers.push(
    () => proxy.close(),
    () => server.closeAllConnections(),
    () => server.close(),
  );
  return { proxy, received };
}

async function send(
  proxy: HttpFaultProxy,
  method: string,
  options: { headers?: readonly string[]; body?: Uint8Array } = {},
) {
  const { headers = ["Host", "client.example"], body } = options;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const opened = openRequest(`${proxy.url}/a%2Fb?c=d%20e`, {
      method,
      headers,
      agent: false,
    });
    opened.once("response", resolve).once("error", reject).end(body);
  });
  return { response, body: await buffer(response) };
}

describe("HttpFaultProxy", () => {
  it("passes requests and answers on as they came, with the client's Host and the case of headers", async () => {
    const { proxy, received } = await openProxy();
    const length = String(BODY.length);
    const headers = ["Host", "bucket.example:99", "X-Sig", "aB+/=", "content-LENGTH", length];
    const { response, body } = await send(proxy, "PUT", { headers, body: BODY });
    expect(received[0]?.rawHeaders.slice(0, 6)).toEqual(headers);
    expect(received[0]?.body.equals(BODY)).toBe(true);
    expect(response.statusMessage).toBe("Fine");
    expect(response.rawHeaders.slice(0, 6)).toEqual(["X-Case", "Kept", "x-two", "1", "x-two", "2"]);
    expect(body.equals(BODY)).toBe(true);
    expect(proxy.requestCount).toBe(1);
  });

  it("loses the answer of the next write, which the server has carried out, and of no read", async () => {
    const { proxy, received } = await openProxy();
    proxy.loseAnswerOfNextWrite();
    await send(proxy, "GET");
    await expect(send(proxy, "PUT", { body: BODY })).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(received.map(({ method }) => method)).toEqual(["GET", "PUT"]);
    expect(received[1]?.body.equals(BODY)).toBe(true);
    await send(proxy, "PUT");
    expect(proxy.requestCount).toBe(3);
  });

  it("keeps the next write from the server", async () => {
    const { proxy, received } = await openProxy();
    proxy.failNextWriteBeforeApplying();
    await send(proxy, "HEAD");
    for (const method of ["POST", "DELETE"]) {
      const sent = send(proxy, method);
      if (method === "POST") await expect(sent).rejects.toMatchObject({ code: "ECONNRESET" });
      else await sent;
    }
    expect(received.map(({ method }) => method)).toEqual(["HEAD", "DELETE"]);
    expect(proxy.requestCount).toBe(3);
  });

  it("cuts the answer to the next read in the middle", async () => {
    const { proxy } = await openProxy();
    proxy.cutAnswerOfNextRead();
    await send(proxy, "PUT");
    await expect(send(proxy, "GET")).rejects.toThrow("aborted");
    expect((await send(proxy, "GET")).body.equals(BODY)).toBe(true);
  });

  it("holds the next request until it is released", async () => {
    const { proxy, received } = await openProxy();
    const held = proxy.holdNextRequest();
    const waiting = send(proxy, "PUT", { body: BODY });
    await held.sent;
    await send(proxy, "GET");
    expect(received.map(({ method }) => method)).toEqual(["GET"]);
    held.release();
    await waiting;
    expect(received[1]?.body.equals(BODY)).toBe(true);
  });

  it("drops a held request that its client has given up", async () => {
    const { proxy, received } = await openProxy();
    const held = proxy.holdNextRequest();
    const opened = openRequest(proxy.url, { method: "PUT", agent: false }).end();
    const broken = once(opened, "error");
    await held.sent;
    // Only its own side of the connection: once the proxy has noticed, it closes the other.
    opened.socket?.end();
    expect(await broken).toMatchObject([{ code: "ECONNRESET" }]);
    held.release();
    await send(proxy, "GET");
    expect(received.map(({ method }) => method)).toEqual(["GET"]);
  });

  it("answers the next request in the place of the server", async () => {
    const { proxy, received } = await openProxy();
    proxy.answerNextRequest({ status: 503, headers: { "Retry-After": "1" }, body: "SlowDown" });
    const { response, body } = await send(proxy, "PUT", { body: BODY });
    expect(response.statusCode).toBe(503);
    expect(response.headers["retry-after"]).toBe("1");
    expect(String(body)).toBe("SlowDown");
    expect(received).toEqual([]);
    expect((await send(proxy, "PUT")).response.statusCode).toBe(200);
  });

  it("lets faults that are asked for together happen to one request each", async () => {
    const { proxy, received } = await openProxy();
    proxy.loseAnswerOfNextWrite();
    proxy.failNextWriteBeforeApplying();
    const reset = { code: "ECONNRESET" };
    await expect(send(proxy, "PUT")).rejects.toMatchObject(reset);
    await expect(send(proxy, "DELETE")).rejects.toMatchObject(reset);
    await send(proxy, "POST");
    expect(received.map(({ method }) => method)).toEqual(["PUT", "POST"]);
  });

  it("answers 502 and says why where the server cannot be reached", async () => {
    const { proxy } = await openProxy();
    for (const close of closers.splice(1)) await close();
    const { response, body } = await send(proxy, "GET");
    expect(response.statusCode).toBe(502);
    expect(String(body)).toContain("ECONNREFUSED");
  });

  it("breaks what is under way when it is closed", async () => {
    const { proxy } = await openProxy();
    const held = proxy.holdNextRequest();
    const waiting = send(proxy, "GET");
    await held.sent;
    const broken = expect(waiting).rejects.toMatchObject({ code: "ECONNRESET" });
    await proxy.close();
    await broken;
    closers.splice(0, 1);
  });

  it("refuses a target that is no address of an HTTP server", async () => {
    for (const target of [
      "",
      "127.0.0.1:9000",
      "https://127.0.0.1",
      "http://127.0.0.1:9000/path",
    ]) {
      await expect(HttpFaultProxy.open({ target })).rejects.toMatchObject({
        code: "WF_INVALID_ARGUMENT",
      });
    }
  });
});
