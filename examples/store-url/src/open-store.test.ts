import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { absoluteStoreUrl, openStore, storeUrlBelow } from "./open-store.ts";

it("opens a directory and a place below it", async () => {
  const directory = await mkdtemp(path.join(tmpdir(), "store url "));
  try {
    const url = pathToFileURL(directory).href;
    const below = await openStore(storeUrlBelow(url, "a/b"));
    await below.put("key", Buffer.from("body"));
    const keys: string[] = [];
    for await (const { key } of (await openStore(url)).list("")) keys.push(key);
    expect(keys).toEqual(["a/b/key"]);
  } finally {
    await rm(directory, { recursive: true });
  }
});

it.each([
  ["s3://bucket/p?region=us-east-1&endpoint=http://127.0.0.1:9000", "S3ObjectStore"],
  ["gs://bucket/p?endpoint=http://127.0.0.1:9000", "GcsObjectStore"],
  ["az://container/p?account=https://account.blob.core.windows.net", "AzureBlobObjectStore"],
])("opens %s as the store of its cloud", async (url, name) => {
  expect((await openStore(url)).constructor.name).toBe(name);
});

it.each([
  ["s3://bucket", "s3://bucket/x/y"],
  [
    "s3://bucket/pre/fix?endpoint=http://127.0.0.1:9000",
    "s3://bucket/pre/fix/x/y?endpoint=http://127.0.0.1:9000",
  ],
  ["gs://bucket/", "gs://bucket/x/y"],
  ["az://container/p", "az://container/p/x/y"],
  ["file:///tmp/store", "file:///tmp/store/x/y"],
])("puts a place below %s at %s", (url, below) => {
  expect(storeUrlBelow(url, "x/y")).toBe(below);
});

it("takes a relative directory from where it is told", () => {
  expect(absoluteStoreUrl("file:store", "/home/me")).toBe("file:///home/me/store");
  expect(absoluteStoreUrl("file:/store", "/home/me")).toBe("file:/store");
  expect(absoluteStoreUrl("s3://bucket", "/home/me")).toBe("s3://bucket");
});

it.each(["", "bucket", "http://host/bucket", "s3:", "s3:///prefix", "az://container"])(
  "refuses %j and says what there is",
  async (url) => {
    await expect(openStore(url)).rejects.toMatchObject({
      code: "WF_INVALID_ARGUMENT",
      message: expect.stringContaining("s3://BUCKET/PREFIX"),
    });
  },
);
