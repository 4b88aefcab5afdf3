export { GcsObjectStore } from "./gcs-object-store.ts";
export type { GcsObjectStoreOptions } from "./options.ts";
