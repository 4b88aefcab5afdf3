import { WfError } from "../errors.ts";
import type { Queue } from "../queue/queue.ts";

/**
 * Whether the KV entry `key` is still as it was read, `undefined` for absent. Writes it once more as it is, which a
 * queue is refused that was taken over and has not noticed: its reads are of then.
 *
 * @throws WF_FENCED
 */
export async function confirmEntry(
  queue: Queue,
  key: string,
  value: Uint8Array | undefined,
): Promise<boolean> {
  const same = value === undefined ? { delete: [key] } : { put: { [key]: value } };
  try {
    await queue.commit({ expect: { [key]: value }, ...same });
    return true;
  } catch (error) {
    if (WfError.is(error, "WF_CONFLICT")) return false;
    throw error;
  }
}
