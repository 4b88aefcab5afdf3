import type { Owner } from "../layout/epoch-object.ts";
import type { Beat } from "../layout/heartbeat-object.ts";

/** Intervals without a beat after which an owner counts as silent. */
export const SILENT_AFTER_BEATS = 3;

/** Who opened the queue last, and whether that one is at work. Times are milliseconds since the Unix epoch. */
export type Liveness =
  /** It closed the queue: nobody is the owner. */
  | { readonly state: "closed"; readonly owner: Owner }
  /**
   * `alive`: it has given a sign of life within the last three intervals of its heartbeat; `silent`: it has
   * not, so it has crashed, or is paused, or cannot reach the store.
   */
  | {
      readonly state: "alive" | "silent";
      readonly owner: Owner;
      /** The newest beat; its `at` is by the owner's clock. */
      readonly lastBeat: Beat;
      /**
       * By what it is known. `counter`: this reader has looked twice, near enough in time to tell from the
       * advance of the counter and its own clock alone. `clock`: it has not, and compared the owner's clock
       * with its own, which is as good as these two agree.
       */
      readonly evidence: "counter" | "clock";
    }
  /** It has no heartbeat, so nothing tells an idle owner from a dead one. */
  | {
      readonly state: "unknown";
      readonly owner: Owner;
      /** When this reader last saw something new in the log, by its own clock; undefined: not since it is open. */
      readonly lastSegmentSeenAt: number | undefined;
    };
