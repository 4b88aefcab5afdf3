import { checkFunction, checkMethods } from "./argument-checks.ts";
import type { Clock } from "./clock.ts";
import type { Logger } from "./logger.ts";
import type { RandomSource } from "./random.ts";
import type { ObjectStore } from "./store/object-store.ts";

/** @throws WF_INVALID_ARGUMENT where `clock` has not the methods of a Clock */
export function checkClock(clock: Clock): void {
  checkMethods(clock, "clock", ["now", "sleep"], "a Clock");
}

/** @throws WF_INVALID_ARGUMENT where `random` is no function */
export function checkRandom(random: RandomSource): void {
  checkFunction(random, "random");
}

/** @throws WF_INVALID_ARGUMENT where `logger` has not the methods of a Logger */
export function checkLogger(logger: Logger): void {
  checkMethods(logger, "logger", ["debug", "info", "warn", "error"], "a Logger");
}

/** @throws WF_INVALID_ARGUMENT where `store` has not the methods of an ObjectStore */
export function checkObjectStore(store: ObjectStore, name = "store"): void {
  checkMethods(store, name, ["put", "get", "delete", "list"], "an ObjectStore");
}
