export type { QueueConfig } from "@wf/core";
export type { TemplateQueueOptions } from "./options.ts";
export { TemplateDatabase } from "./template-database.ts";
export { TemplateQueue } from "./template-queue.ts";
