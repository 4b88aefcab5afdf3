import type { Position } from "./position.ts";

/**
 * Where a queue's objects are, below its prefix. This file alone knows the names.
 *
 *     epochs/<epoch>        who opened the queue, one object an opener, created with `ifAbsent`
 *     log/<epoch>/<slot>    a segment of records, or the seal that ends the epoch; created with `ifAbsent`
 *     snapshots/<epoch>-<slot>/<part>, whole    the state before that slot; `whole` is written last
 *
 *     payloads/<epoch>/<number>    a payload too large for the log, named by the epoch that stored it
 *     heartbeats/<epoch>    how lately the owner was alive; the one object that is overwritten, where it is on
 *
 * Numbers are decimal with 20 digits, so that the order of keys is their order.
 */
const DIGITS = 20;

/** Room that the longest key needs below the prefix. */
export const KEY_ROOM_BYTES = 200;

export function epochsPrefix(prefix: string): string {
  return `${prefix}/epochs/`;
}

export function epochKey(prefix: string, epoch: number): string {
  return `${epochsPrefix(prefix)}${digits(epoch)}`;
}

export function logPrefix(prefix: string): string {
  return `${prefix}/log/`;
}

export function slotKey(prefix: string, epoch: number, slot: number): string {
  return `${logPrefix(prefix)}${digits(epoch)}/${digits(slot)}`;
}

/** The greatest key below that of a slot, for listings that begin with the slot. */
export function slotBefore(prefix: string, { epoch, slot }: Position): string {
  return slot > 0 ? slotKey(prefix, epoch, slot - 1) : `${logPrefix(prefix)}${digits(epoch)}/`;
}

/** The place in the log that a key names, or undefined where it names none. */
export function parseSlotKey(prefix: string, key: string): Position | undefined {
  const match = /^(\d{20})\/(\d{20})$/.exec(key.slice(logPrefix(prefix).length));
  return positionOf(match?.[1], match?.[2]);
}

export function snapshotsPrefix(prefix: string): string {
  return `${prefix}/snapshots/`;
}

export function snapshotPrefix(prefix: string, at: Position): string {
  return `${snapshotsPrefix(prefix)}${digits(at.epoch)}-${digits(at.slot)}/`;
}

export function snapshotPartKey(prefix: string, at: Position, part: number): string {
  return `${snapshotPrefix(prefix, at)}${digits(part)}`;
}

export function snapshotWholeKey(prefix: string, at: Position): string {
  return `${snapshotPrefix(prefix, at)}whole`;
}

/** The snapshot that a key belongs to and whether it is what makes it one; undefined where it names none. */
export function parseSnapshotKey(
  prefix: string,
  key: string,
): { position: Position; isWhole: boolean } | undefined {
  const name = key.slice(snapshotsPrefix(prefix).length);
  const match = /^(\d{20})-(\d{20})\/(\d{20}|whole)$/.exec(name);
  const position = positionOf(match?.[1], match?.[2]);
  return position && { position, isWhole: match?.[3] === "whole" };
}

export function payloadsPrefix(prefix: string): string {
  return `${prefix}/payloads/`;
}

export function payloadKey(prefix: string, reference: string): string {
  return payloadsPrefix(prefix) + reference;
}

/** What a job's record holds of a payload: its key below `payloads/`. */
export function newReference(epoch: number, number: number): string {
  return `${digits(epoch)}/${digits(number)}`;
}

export function isReference(value: string): boolean {
  return /^\d{20}\/\d{20}$/.test(value);
}

export function heartbeatsPrefix(prefix: string): string {
  return `${prefix}/heartbeats/`;
}

export function heartbeatKey(prefix: string, epoch: number): string {
  return `${heartbeatsPrefix(prefix)}${digits(epoch)}`;
}

/** The number at the end of a key, or undefined where there is none. */
export function trailingNumber(key: string): number | undefined {
  const name = key.slice(key.lastIndexOf("/") + 1);
  return /^\d{20}$/.test(name) ? numberOf(name) : undefined;
}

function positionOf(epochDigits = "", slotDigits = ""): Position | undefined {
  const epoch = numberOf(epochDigits);
  const slot = numberOf(slotDigits);
  return epoch === undefined || slot === undefined ? undefined : { epoch, slot };
}

/** Undefined also for a number that has more digits than it can be told by. */
function numberOf(digits: string): number | undefined {
  const value = Number.parseInt(digits, 10);
  return Number.isSafeInteger(value) ? value : undefined;
}

function digits(value: number): string {
  return String(value).padStart(DIGITS, "0");
}
