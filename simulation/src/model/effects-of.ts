import type { Effects } from "@wf/core";
import type { Call } from "../world/journal.ts";

/** The effects among the arguments of a call. */
export function effectsOf({ method, args }: Call): Effects | undefined {
  switch (method) {
    case "commit":
      return args[0];
    case "ack":
    case "cancel":
      return args[1];
    case "deadLetter":
      return args[2];
    case "nack":
      return args[2].onDead;
    default:
      return undefined;
  }
}
