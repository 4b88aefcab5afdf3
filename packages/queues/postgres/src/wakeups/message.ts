import type { Place } from "../claims/floors.ts";

/** What processes tell each other. Nothing depends on it: what is not told is found by looking, a little later. */
export interface Message {
  /** The process that tells it, which knows already; undefined: a transaction of the application. */
  readonly from?: string;
  readonly ready?: readonly ReadyQueue[];
  /** When the first of new scheduled jobs falls due, in ms since the epoch. */
  readonly dueAt?: number;
  /** Jobs that were asked to stop. */
  readonly cancel?: readonly string[];
  /** Jobs whose end somebody waits for. */
  readonly ended?: readonly string[];
}

/** A queue that has jobs to claim. */
export interface ReadyQueue {
  readonly queue: string;
  /** The first of them in claim order; undefined: not known. */
  readonly lowest: Place | undefined;
}

// A payload of `NOTIFY` must be shorter than 8,000 bytes (PostgreSQL, "NOTIFY"). An id has up to 128 bytes, and a
// queue's name up to 255, of which each may be written as six.
const IDS_A_MESSAGE = 50;
const QUEUES_A_MESSAGE = 4;

/** The message in as many payloads as it needs. Empty where there is nothing to tell. */
export function encodeMessage(message: Message): string[] {
  const { from, ready = [], dueAt, cancel = [], ended = [] } = message;
  const parts: Message[] = [];
  for (const queues of chunks(ready, QUEUES_A_MESSAGE)) parts.push({ ready: queues });
  for (const ids of chunks(cancel, IDS_A_MESSAGE)) parts.push({ cancel: ids });
  for (const ids of chunks(ended, IDS_A_MESSAGE)) parts.push({ ended: ids });
  if (dueAt !== undefined) parts.push({ dueAt });
  return parts.map((part) => JSON.stringify({ from, ...part }));
}

/** Undefined for what is no message of ours. */
export function decodeMessage(payload: string | undefined): Message | undefined {
  try {
    const message: unknown = JSON.parse(payload ?? "");
    return typeof message === "object" && message !== null ? message : undefined;
  } catch {
    return undefined;
  }
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  const parts: T[][] = [];
  for (let at = 0; at < items.length; at += size) parts.push(items.slice(at, at + size));
  return parts;
}
