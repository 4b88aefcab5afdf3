import type { Effects } from "@wf/core";

/** Effects that stay as they are, whatever their giver does with the objects that they came in. */
export function copyEffects(effects: Effects): Effects {
  return {
    expect: effects.expect && copyPuts(effects.expect),
    enqueue: effects.enqueue?.map((request) => ({
      ...request,
      payload: copyBytes(request.payload),
      headers: request.headers && { ...request.headers },
      kv: request.kv && copyPuts(request.kv),
      backoff: request.backoff && { ...request.backoff },
      onDead: request.onDead && copyEffects(request.onDead),
    })),
    wake: effects.wake?.map(({ jobId, payload }) => ({
      jobId,
      payload: payload && copyBytes(payload),
    })),
    put: effects.put && copyPuts(effects.put),
    delete: effects.delete && [...effects.delete],
  };
}

function copyPuts<T extends Uint8Array | undefined>(
  puts: Readonly<Record<string, T>>,
): Record<string, T> {
  const copies = Object.entries(puts).map(([key, value]) => [key, value && copyBytes(value)]);
  return Object.fromEntries(copies);
}

export function copyBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}
