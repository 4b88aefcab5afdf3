export type { QueueConfig } from "@wf/core";
export type {
  PostgresClient,
  PostgresNotification,
  PostgresPool,
  PostgresPoolClient,
  PostgresQuery,
} from "./database/client.ts";
export type { PostgresQueueOptions } from "./options.ts";
export { PostgresQueue } from "./postgres-queue.ts";
export type { TransactionQueue } from "./transaction-queue.ts";
