/**
 * A process that races others for slots: `racing-writer.ts ROOT WRITER SLOTS`. It tries to create every slot,
 * reads what is there, and prints as JSON which slots it won and how many reads were not whole.
 */
import { WfError } from "@wf/core";
import { FileSystemObjectStore } from "@wf/store-fs";
import { bodyOf, writerOf } from "./whole-body.ts";

const [root = "", writer = "", slots = ""] = process.argv.slice(2);
const store = new FileSystemObjectStore({ root });
const won: number[] = [];
let torn = 0;

async function race(slot: number): Promise<void> {
  const key = `slots/${slot}`;
  const seen = store.get(key);
  try {
    await store.put(key, bodyOf(Number(writer)), { ifAbsent: true });
    won.push(slot);
  } catch (error) {
    if (!WfError.is(error, "WF_STORE_ALREADY_EXISTS")) throw error;
  }
  for (const body of [await seen, await store.get(key)]) {
    if (body !== undefined && writerOf(body) === undefined) torn++;
  }
}

for (let slot = 0; slot < Number(slots); slot += 4) {
  await Promise.all([0, 1, 2, 3].map((step) => race(slot + step)));
}
process.stdout.write(JSON.stringify({ won, torn }));
