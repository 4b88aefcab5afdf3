import { extname } from "node:path";

/** Of this package's modules as they run: `.js` when built, `.ts` from source. */
export const MODULE_EXTENSION = extname(import.meta.filename);
