export { absoluteStoreUrl, openStore, STORE_URLS, storeUrlBelow } from "./open-store.ts";
