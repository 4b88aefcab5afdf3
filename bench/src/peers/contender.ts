import { MODULE_EXTENSION } from "../extension.ts";
import type { ServerKind } from "./servers.ts";

/** How much happens at once, the same for all who are compared. */
export interface Load {
  /** Callers that hand over one after the other, each when the one before is durable. */
  readonly callers: number;
  /** Jobs or runs in the workers' hands at once, at most. */
  readonly workers: number;
  /** Bytes of a payload or step result, ASCII where it has to be text. */
  readonly payloadBytes: number;
}

/** Somebody who does the work. A file in this directory exports one as `contender`. */
export interface Contender {
  /** What it needs beside this process. */
  readonly server: ServerKind | undefined;
  /** Its settings, and what they guarantee. */
  readonly states: string;
  /** Starts it up, workers included, with nothing in it. */
  open(place: Place, load: Load): Promise<OpenContender>;
}

export interface Place {
  /** Of the server, and of a database in it that is empty. Empty without a server. */
  readonly url: string;
  /** Empty. */
  readonly directory: string;
}

export interface OpenContender {
  /** So many jobs, or runs of five steps: from the first call until the last one's end is durable. */
  work(count: number): Promise<void>;
  close(): Promise<void>;
}

export async function readContender(file: string): Promise<Contender> {
  return (await import(new URL(`${file}${MODULE_EXTENSION}`, import.meta.url).href)).contender;
}

export function text(bytes: number): string {
  return "x".repeat(bytes);
}
