export type { S3ObjectStoreOptions } from "./options.ts";
export { S3ObjectStore } from "./s3-object-store.ts";
