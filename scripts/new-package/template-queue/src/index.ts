export type { QueueConfig, TemplateQueueOptions } from "./options.ts";
export { TemplateDatabase } from "./template-database.ts";
export { TemplateQueue } from "./template-queue.ts";
