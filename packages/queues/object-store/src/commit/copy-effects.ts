import type { Effects } from "@wf/core";
import { packedCopy } from "../state/packed-bytes.ts";

/** Effects that stay as they are, whatever their giver does with the objects that they came in. */
export function copyEffects(effects: Effects): Effects {
  return {
    expect: effects.expect && copyPuts(effects.expect),
    enqueue: effects.enqueue?.map((request) => ({
      ...request,
      payload: packedCopy(request.payload),
      headers: request.headers && { ...request.headers },
      kv: request.kv && copyPuts(request.kv),
      backoff: request.backoff && { ...request.backoff },
      onDead: request.onDead && copyEffects(request.onDead),
    })),
    wake: effects.wake?.map(({ jobId, payload }) => ({
      jobId,
      payload: payload && packedCopy(payload),
    })),
    put: effects.put && copyPuts(effects.put),
    delete: effects.delete && [...effects.delete],
  };
}

function copyPuts<T extends Uint8Array | undefined>(
  puts: Readonly<Record<string, T>>,
): Record<string, T> {
  const copies = Object.entries(puts).map(([key, value]) => [key, value && packedCopy(value)]);
  return Object.fromEntries(copies);
}
