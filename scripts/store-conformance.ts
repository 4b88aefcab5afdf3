/**
 * Proves that the store at a URL keeps the contract of `ObjectStore`: for a live bucket, a clone of S3, a mounted
 * disk. It makes about 10,000 requests, of which 8,000 write small objects and a few of 8 MiB, below a fresh name,
 * and removes what it stored. It ends with an exit code of 1 where a case fails.
 */
import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { describeError, type ObjectStore } from "@wf/core";
import { type ConformanceResult, runObjectStoreConformance } from "@wf/testing";
import {
  absoluteStoreUrl,
  openStore,
  STORE_URLS,
  storeUrlBelow,
} from "../examples/store-url/src/index.ts";

const USAGE = `npm run conformance -- --store URL [options]

  --store URL    where to store, one of
${STORE_URLS.replaceAll(/^/gm, "                 ")}
  --page-size N  objects that the store lists with one request; default 1000
  --verbose      name the cases that pass as well
`;

const REMOVED_AT_ONCE = 1_000;

async function main(): Promise<void> {
  const args = readArguments();
  if (args === undefined) return;
  const url = absoluteStoreUrl(args.store, process.cwd());
  const own = storeUrlBelow(url, `wf-conformance-${randomUUID()}`);
  // Says at once, and once, where there is no bucket or no permission.
  const all = await openStore(own);
  await all.get("probe");
  console.log(`below ${own}\n`);
  try {
    const { passed, failed, skipped } = await runObjectStoreConformance(
      { name: url, pageSize: args.pageSize, open: () => openCase(own) },
      { onResult: (result) => print(result, args.verbose) },
    );
    console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped`);
    process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
  } finally {
    // Whatever a case could not remove, or a store that failed has put where it should not.
    await clear(all);
    if (own.startsWith("file:")) await rm(fileURLToPath(own), { recursive: true, force: true });
  }
}

function readArguments(): { store: string; pageSize?: number; verbose: boolean } | undefined {
  try {
    const { values } = parseArgs({
      options: {
        store: { type: "string" },
        "page-size": { type: "string" },
        verbose: { type: "boolean", default: false },
      },
    });
    const { store, "page-size": pageSize, verbose } = values;
    if (store === undefined) throw new Error("give --store URL");
    return { store, verbose, ...(pageSize === undefined ? {} : { pageSize: Number(pageSize) }) };
  } catch (error) {
    console.error(`${describeError(error)}\n\n${USAGE}`);
    process.exitCode = 2;
    return undefined;
  }
}

async function openCase(url: string) {
  const store = await openStore(storeUrlBelow(url, randomUUID()));
  return { store, close: () => clear(store) };
}

async function clear(store: ObjectStore): Promise<void> {
  const keys: string[] = [];
  for await (const { key } of store.list("")) keys.push(key);
  for (let i = 0; i < keys.length; i += REMOVED_AT_ONCE) {
    await store.delete(keys.slice(i, i + REMOVED_AT_ONCE));
  }
}

function print({ id, title, status, message }: ConformanceResult, verbose: boolean): void {
  if (status === "passed" && !verbose) return;
  const details = message === undefined ? "" : `\n  ${message.replaceAll("\n", "\n  ")}`;
  console.log(`${status} ${id}: ${title}${details}`);
}

try {
  await main();
} catch (error) {
  console.error(describeError(error));
  process.exitCode = 1;
}
