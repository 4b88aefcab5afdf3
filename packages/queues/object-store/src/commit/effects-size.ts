import type { Effects } from "@wf/core";

/** About what a record needs beside its bytes. */
const RECORD_BYTES = 128;

/** About how many bytes the effects need in the log. */
export function effectsBytes(effects: Effects | undefined): number {
  let bytes = RECORD_BYTES;
  for (const { payload, kv, onDead } of effects?.enqueue ?? []) {
    bytes += RECORD_BYTES + payload.length + putsBytes(kv);
    if (onDead !== undefined) bytes += effectsBytes(onDead);
  }
  for (const { payload } of effects?.wake ?? []) bytes += RECORD_BYTES + (payload?.length ?? 0);
  return bytes + putsBytes(effects?.put) + (effects?.delete?.length ?? 0) * RECORD_BYTES;
}

function putsBytes(puts: Readonly<Record<string, Uint8Array>> | undefined): number {
  if (puts === undefined) return 0;
  return Object.values(puts).reduce((sum, value) => sum + RECORD_BYTES + value.length, 0);
}
