/** A process that may not write: `denied-writer.ts ROOT`. It tries to put, and prints the error as JSON. */
import { FileSystemObjectStore } from "@wf/store-fs";

const [root = ""] = process.argv.slice(2);
const store = new FileSystemObjectStore({ root });
const error = await store.put("key", new Uint8Array(1)).then(
  () => ({ code: "none", retry: "", message: "" }),
  ({ code, retry, message }) => ({ code, retry, message }),
);
process.stdout.write(JSON.stringify(error));
