export { TemplateObjectStore, type TemplateObjectStoreOptions } from "./template-object-store.ts";
