import { mkdir, mkdtemp, readdir, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { objectStoreConformance } from "@wf/testing";
import { describe, expect, it } from "vitest";
import { temporaryRoot } from "../test/temporary-root.ts";
import { FileSystemObjectStore } from "./index.ts";

objectStoreConformance(
  { describe, it },
  {
    name: "FileSystemObjectStore",
    isLocal: true,
    // It has no pages, and asks for the sizes of 64 objects at a time.
    pageSize: 64,
    async open() {
      const root = await mkdtemp(join(tmpdir(), "wf-store-fs-"));
      const close = () => rm(root, { recursive: true });
      return { store: new FileSystemObjectStore({ root }), close };
    },
  },
);

const BODY = Uint8Array.of(1, 2, 3);

async function keysOf(store: FileSystemObjectStore, prefix = "") {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys;
}

describe("the root", () => {
  it("is made, with the directories above it, by the first put and by nothing before", async () => {
    const root = join(await temporaryRoot(), "a", "b");
    const store = new FileSystemObjectStore({ root });
    expect(await store.get("key")).toBeUndefined();
    expect(await keysOf(store)).toEqual([]);
    await store.delete(["key", "a/b"]);
    await expect(stat(root)).rejects.toMatchObject({ code: "ENOENT" });
    await store.put("key", BODY);
    expect(await store.get("key")).toEqual(BODY);
  });

  it("is refused as an argument when it is no path", () => {
    const refused: [unknown, RegExp][] = [
      ...["", "a\0b", undefined, null, 7, 10n].map((root) => [{ root }, /^root is /] as never),
      [{ root: "a", rot: "b" }, /^options has "rot", which is no option: there are root$/],
      [undefined, /^options is undefined: give an object$/],
    ];
    for (const [options, message] of refused) {
      expect(() => new FileSystemObjectStore(options as never)).toThrow(
        expect.objectContaining({
          code: "WF_INVALID_ARGUMENT",
          message: expect.stringMatching(message),
        }),
      );
    }
  });

  it("may be below a file by mistake, which every method tells", async () => {
    const parent = await temporaryRoot();
    await writeFile(parent, "a file");
    const store = new FileSystemObjectStore({ root: join(parent, "root") });
    const unsupported = { code: "WF_STORE_UNSUPPORTED" };
    await expect(store.put("key", BODY)).rejects.toMatchObject(unsupported);
    await expect(store.get("key")).rejects.toMatchObject(unsupported);
    await expect(store.delete("key")).rejects.toMatchObject(unsupported);
    await expect(keysOf(store)).rejects.toMatchObject(unsupported);
  });

  it("works as soon as what was in its way has gone", async () => {
    const root = await temporaryRoot();
    await writeFile(root, "a file");
    const store = new FileSystemObjectStore({ root });
    await expect(store.put("key", BODY)).rejects.toMatchObject({ code: "WF_STORE_UNSUPPORTED" });
    await rm(root);
    await store.put("key", BODY);
    expect(await store.get("key")).toEqual(BODY);
  });

  it("is not made again under a running store, because its disk may be unmounted", async () => {
    const root = await temporaryRoot();
    const store = new FileSystemObjectStore({ root });
    await store.put("key", BODY);
    await rm(root, { recursive: true });
    await expect(store.put("a/key", BODY)).rejects.toMatchObject({ code: "WF_STORE_UNAVAILABLE" });
    await expect(stat(root)).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("is shared by stores that see each other's objects", async () => {
    const root = await temporaryRoot();
    const [one, two] = [new FileSystemObjectStore({ root }), new FileSystemObjectStore({ root })];
    await one.put("a/b", BODY);
    await expect(two.put("a/b", BODY, { ifAbsent: true })).rejects.toMatchObject({
      code: "WF_STORE_ALREADY_EXISTS",
    });
    await two.delete("a/b");
    expect(await one.get("a/b")).toBeUndefined();
  });
});

describe("files", () => {
  it("are left in the temporary directory neither by successes nor by failures", async () => {
    const root = await temporaryRoot();
    const store = new FileSystemObjectStore({ root });
    await store.put("a/b", BODY);
    await store.put("a/b", BODY);
    await store.put("a/b", BODY, { ifAbsent: true }).catch(() => {});
    await mkdir(join(root, "in-the-way+"));
    await expect(store.put("in-the-way", BODY)).rejects.toMatchObject({
      code: "WF_STORE_UNSUPPORTED",
    });
    const controller = new AbortController();
    const put = store.put("c", BODY, { signal: controller.signal });
    controller.abort(new Error("gone"));
    await expect(put).rejects.toThrow("gone");
    expect(await readdir(join(root, "+tmp"))).toEqual([]);
    expect(await keysOf(store)).toEqual(["a/b"]);
  });

  it("that a crash left there a day ago are removed by the first put, younger ones are not", async () => {
    const root = await temporaryRoot();
    const temporary = join(root, "+tmp");
    await mkdir(temporary, { recursive: true });
    const writtenHoursAgo = async (name: string, hours: number) => {
      await writeFile(join(temporary, name), "");
      const { mtimeMs } = await stat(join(temporary, name));
      await utimes(join(temporary, name), 0, (mtimeMs - hours * 3_600_000) / 1_000);
    };
    await writtenHoursAgo("abandoned", 25);
    await writtenHoursAgo("in-use", 23);
    await new FileSystemObjectStore({ root }).put("key", BODY);
    expect(await readdir(temporary)).toEqual(["in-use"]);
  });

  it("that are no part of the store are not listed", async () => {
    const root = await temporaryRoot();
    const store = new FileSystemObjectStore({ root });
    await store.put("a/b", BODY);
    for (const name of [".DS_Store", "a/.nfs0001", "b", "A+", "c+1v"]) {
      await writeFile(join(root, name), "");
    }
    await mkdir(join(root, "lost+found"));
    await symlink(join(root, "a"), join(root, "link"));
    expect(await keysOf(store)).toEqual(["a/b"]);
  });
});

describe("directories", () => {
  it("go with their last object, and only then", async () => {
    const root = await temporaryRoot();
    const store = new FileSystemObjectStore({ root });
    await store.put("runs/1/a/b", BODY);
    await store.put("runs/1/c", BODY);
    await store.delete("runs/1/a/b");
    expect(await readdir(join(root, "runs/1"))).toEqual(["c+"]);
    await store.delete(["runs/1/c", "runs/2/none"]);
    expect(await readdir(root)).toEqual(["+tmp"]);
    await store.put("runs/1/c", BODY);
    expect(await keysOf(store)).toEqual(["runs/1/c"]);
  });

  it("that deletes keep removing do not make a put fail", async () => {
    const root = await temporaryRoot();
    const stores = Array.from({ length: 3 }, () => new FileSystemObjectStore({ root }));
    const churn = stores.map(async (store, worker) => {
      for (let round = 0; round < 60; round++) {
        const key = `deep/er/${worker}`;
        await store.put(key, BODY, { ifAbsent: true });
        expect(await store.get(key)).toEqual(BODY);
        await store.delete(key);
      }
    });
    await Promise.all(churn);
    expect(await readdir(root)).toEqual(["+tmp"]);
  });
});
