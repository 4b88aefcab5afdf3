import type { Queue } from "@wf/core";
import { fromBytes, toBytes } from "./json.ts";

// #region reserve
/**
 * Takes one seat and enqueues its ticket, in one commit; false where none is
 * left.
 */
export async function reserveSeat(
  queue: Queue,
  guest: string,
): Promise<boolean> {
  const stored = await queue.kv.get("seats");
  const seats = stored === undefined ? 0 : fromBytes(stored);
  if (seats === 0) return false;
  await queue.commit({
    expect: { seats: stored }, // else WF_CONFLICT, and nothing is applied
    put: { seats: toBytes(seats - 1), [`guest/${guest}`]: toBytes("reserved") },
    enqueue: [{ queue: "tickets", payload: toBytes(guest) }],
  });
  return true;
}
// #endregion reserve
