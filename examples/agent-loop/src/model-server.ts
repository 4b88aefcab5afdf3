/**
 * Stands in for an LLM API over HTTP: it answers a conversation with a tool call or an answer, charges for
 * each answer, and refuses every third request with 429 and Retry-After.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Message {
  readonly role: "user" | "assistant" | "tool";
  readonly content: string;
}

/** What the API answers. */
export type Reply =
  | { readonly tool: string; readonly input: string; readonly cents: number }
  | { readonly answer: string; readonly cents: number };

export interface ModelServer {
  readonly url: string;
  /** Answers that were charged for, and requests that were refused. */
  readonly counts: { charged: number; refused: number };
  close(): void;
}

const CENTS = 2;

export async function startModelServer(): Promise<ModelServer> {
  const counts = { charged: 0, refused: 0 };
  let requests = 0;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    if (++requests % 3 === 0) {
      counts.refused++;
      response.writeHead(429, { "retry-after": "1" }).end("too many requests");
      return;
    }
    counts.charged++;
    const messages: Message[] = JSON.parse(Buffer.concat(chunks).toString());
    response.end(JSON.stringify(replyTo(messages)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, counts, close: () => server.close() };
}

/** A model that knows one conversation. */
function replyTo(messages: readonly Message[]): Reply {
  const found = messages.filter(({ role }) => role === "tool").map(({ content }) => content);
  if (found.length === 0) return { tool: "population", input: "Lyon", cents: CENTS };
  if (found.length === 1) return { tool: "population", input: "Nice", cents: CENTS };
  if (found.length === 2) return { tool: "add", input: found.join(" "), cents: CENTS };
  return { answer: `${found[2]} people live in Lyon and Nice`, cents: CENTS };
}
