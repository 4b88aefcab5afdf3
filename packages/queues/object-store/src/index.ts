export { ObjectStoreQueue } from "./object-store-queue.ts";
export type { ObjectStoreQueueOptions, QueueConfig } from "./options.ts";
