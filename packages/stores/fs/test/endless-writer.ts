/**
 * A process to be killed: `endless-writer.ts ROOT`. It creates objects one after the other, eight at a time,
 * and prints the key of each as soon as it is acknowledged.
 */
import { FileSystemObjectStore } from "@wf/store-fs";
import { bodyOf } from "./whole-body.ts";

const [root = ""] = process.argv.slice(2);
const store = new FileSystemObjectStore({ root });
let count = 0;

async function write(): Promise<void> {
  for (;;) {
    const key = `log/${count % 3}/${count++}`;
    await store.put(key, bodyOf(count % 256), { ifAbsent: true });
    process.stdout.write(`${key}\n`);
  }
}

await Promise.all(Array.from({ length: 8 }, write));
