export type {
  PostgresClient,
  PostgresNotification,
  PostgresPool,
  PostgresPoolClient,
  PostgresQuery,
} from "./database/client.ts";
export type { PostgresQueueOptions, QueueConfig } from "./options.ts";
export { PostgresQueue } from "./postgres-queue.ts";
export type { TransactionQueue } from "./transaction-queue.ts";
