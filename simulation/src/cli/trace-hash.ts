import { createHash } from "node:crypto";
import { codeOf } from "../world/journal.ts";
import type { World } from "../world/world.ts";

/** Of every request to the store, every call, and every time that a user's code was run: equal for equal seeds, to the byte. */
export function traceHash(world: World): string {
  const hash = createHash("sha256");
  for (const { number, faulty } of world.processes) {
    for (const event of faulty.trace) hash.update(`${number} ${JSON.stringify(event)}\n`);
  }
  for (const { number, process, method, begun, settled, value, error } of world.journal.calls) {
    const end = error === undefined ? JSON.stringify(value, withoutClaims) : codeOf(error);
    const call = [number, process.number, method, begun.tick, begun.at, settled?.tick, settled?.at];
    hash.update(`${call.join(" ")} ${end}\n`);
  }
  for (const { number, kind, process, jobId, begun, returned } of world.journal.invocations) {
    const invocation = [number, kind, process.number, jobId, begun.tick];
    hash.update(`${invocation.join(" ")} ${JSON.stringify(returned)}\n`);
  }
  return hash.digest("hex");
}

function withoutClaims(_: string, value: unknown): unknown {
  const isClaim = typeof value === "object" && value !== null && "token" in value && "job" in value;
  return isClaim ? `claim ${value.token} on ${(value.job as { id: string }).id}` : value;
}
