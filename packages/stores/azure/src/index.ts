export { AzureBlobObjectStore } from "./azure-blob-object-store.ts";
export type { AzureBlobCredential, AzureBlobObjectStoreOptions } from "./options.ts";
