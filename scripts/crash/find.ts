import type { KeyValueReader, ObjectStore } from "@wf/core";
import { ObjectStoreQueue } from "@wf/queue-object-store";
import type { Found } from "./verify.ts";
import { JOBS, STEPS } from "./workload.ts";

/** Opens the queue once more and reads what there is. */
export async function find(store: ObjectStore): Promise<Found> {
  const queue = await ObjectStoreQueue.open(store, { prefix: "queue" });
  const { kv, inspect } = queue;
  const [jobs, steps] = [await inspect.stats(JOBS), await inspect.stats(STEPS)];
  const counter = Number(Buffer.from((await kv.get("counter")) ?? "0").toString());
  const found = {
    done: await namesBelow(kv, "done/"),
    submitted: await namesBelow(kv, "submitted/"),
    doneCount: jobs.done,
    dead: jobs.dead + steps.dead,
    counter,
  };
  // A signal that was sent and not acknowledged was sent again, and nobody waits for the second.
  const entries = await namesBelow(kv, "workflow/");
  const left = [...entries].filter((name) => !name.startsWith("signal-buf/"));
  await queue.close();
  for await (const { key } of store.list("")) {
    if (/^(memo|queue\/payloads)\//.test(key)) left.push(key);
  }
  return { ...found, left };
}

async function namesBelow(kv: KeyValueReader, prefix: string): Promise<Set<string>> {
  const names = new Set<string>();
  let after: string | undefined;
  do {
    const page = await kv.scan(prefix, { after, limit: 1_000 });
    for (const { key } of page.items) names.add(key.slice(prefix.length));
    after = page.next;
  } while (after !== undefined);
  return names;
}
