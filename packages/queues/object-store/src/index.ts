export type { QueueConfig } from "@wf/core";
export {
  DepartingQueue,
  type DepartingQueueOptions,
  readDeparture,
} from "./export/departing-queue.ts";
export type { Departure } from "./export/departure.ts";
export type { ExportedJob } from "./export/exported-job.ts";
export type { Owner } from "./layout/epoch-object.ts";
export type { Beat } from "./layout/heartbeat-object.ts";
export type { Position } from "./layout/position.ts";
export type { Liveness } from "./liveness/liveness.ts";
export { ObjectStoreQueue } from "./object-store-queue.ts";
export type { ObjectStoreQueueOptions } from "./options.ts";
export type { FollowingFailure } from "./reader/following.ts";
export { ObjectStoreQueueReader, type ReaderLag } from "./reader/object-store-queue-reader.ts";
export type { ObjectStoreQueueReaderOptions } from "./reader/reader-options.ts";
