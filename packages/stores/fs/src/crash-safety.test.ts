import type { FileHandle } from "node:fs/promises";
import { relative } from "node:path";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { temporaryRoot } from "../test/temporary-root.ts";
import { FileSystemObjectStore } from "./index.ts";

/** What the store asks of the file system, in order; and what is to fail or to happen at an entry. */
const calls = vi.hoisted(() => ({
  log: [] as string[],
  root: "",
  failing: new Map<string, string>(),
  happening: new Map<string, () => void>(),
}));

vi.mock("node:fs/promises", async (importOriginal) => {
  const fs = await importOriginal<typeof import("node:fs/promises")>();
  const shown = (path: unknown) => {
    const inside = relative(calls.root, String(path)) || ".";
    return inside.startsWith("+tmp/") ? "+tmp/*" : inside;
  };
  const record = (entry: string) => {
    calls.log.push(entry);
    calls.happening.get(entry)?.();
    const code = calls.failing.get(entry);
    if (code !== undefined) {
      throw Object.assign(new Error(`${code}: injected, ${entry}`), { code, syscall: entry });
    }
  };
  const recorded =
    (name: "link" | "mkdir" | "rename" | "rmdir" | "unlink" | "writeFile") =>
    async (...args: unknown[]) => {
      const paths = name === "link" || name === "rename" ? args.slice(0, 2) : args.slice(0, 1);
      record(`${name} ${paths.map(shown).join(" ")}`);
      return (fs[name] as (...args: unknown[]) => Promise<unknown>)(...args);
    };
  return {
    ...fs,
    link: recorded("link"),
    mkdir: recorded("mkdir"),
    rename: recorded("rename"),
    rmdir: recorded("rmdir"),
    unlink: recorded("unlink"),
    writeFile: recorded("writeFile"),
    async open(path: string, flags: string): Promise<FileHandle> {
      const handle = await fs.open(path, flags);
      const sync = handle.sync.bind(handle);
      handle.sync = async () => {
        record(`sync ${shown(path)}`);
        await sync();
      };
      return handle;
    },
  };
});

const BODY = Uint8Array.of(1, 2, 3);

async function openStore(): Promise<FileSystemObjectStore> {
  calls.root = await temporaryRoot();
  const store = new FileSystemObjectStore({ root: calls.root });
  await store.put("warm/up", BODY);
  calls.log.length = 0;
  return store;
}

beforeEach(() => {
  calls.failing.clear();
  calls.happening.clear();
});

describe("a put", () => {
  it("flushes the bytes, then gives the name, then flushes the directory, and asks no more", async () => {
    const store = await openStore();
    await store.put("warm/key", BODY, { ifAbsent: true });
    expect(calls.log.slice(0, 2)).toEqual(["writeFile +tmp/*", "link +tmp/* warm/key+"]);
    expect(calls.log.slice(2).sort()).toEqual(["sync warm", "unlink +tmp/*"]);
  });

  it("that replaces moves the file in one step", async () => {
    const store = await openStore();
    await store.put("warm/up", BODY);
    expect(calls.log).toEqual(["writeFile +tmp/*", "rename +tmp/* warm/up+", "sync warm"]);
  });

  it("flushes new directories with those above them, each once", async () => {
    const store = await openStore();
    await store.put("new/er/one", BODY);
    expect(calls.log.filter((entry) => entry.startsWith("sync"))).toEqual([
      "sync new/er",
      "sync new",
      "sync .",
    ]);
    calls.log.length = 0;
    await store.put("new/er/two", BODY);
    expect(calls.log.filter((entry) => entry.startsWith("sync"))).toEqual(["sync new/er"]);
  });

  it("flushes a directory's parents again when another process made that directory anew", async () => {
    const store = await openStore();
    const other = new FileSystemObjectStore({ root: calls.root });
    await other.delete("warm/up");
    await other.put("warm/other", BODY);
    calls.log.length = 0;
    await store.put("warm/key", BODY);
    expect(calls.log.filter((entry) => entry.startsWith("sync"))).toEqual(["sync warm", "sync ."]);
  });

  it("shares a directory's flush with those that come while one is under way", async () => {
    const store = await openStore();
    await Promise.all(
      Array.from({ length: 16 }, (_, i) => store.put(`warm/${i}`, BODY, { ifAbsent: true })),
    );
    const flushes = calls.log.filter((entry) => entry === "sync warm").length;
    expect(flushes).toBeLessThanOrEqual(16);
    const lastLink = calls.log.findLastIndex((entry) => entry.startsWith("link"));
    expect(calls.log.lastIndexOf("sync warm")).toBeGreaterThan(lastLink);
  });

  it("flushes the directory before it says that an object exists, which may be its own", async () => {
    const store = await openStore();
    const put = store.put("warm/up", BODY, { ifAbsent: true });
    await expect(put).rejects.toMatchObject({ code: "WF_STORE_ALREADY_EXISTS" });
    expect(calls.log).toContain("sync warm");
  });

  it.each(["ENOSPC", "EDQUOT", "EIO", "EMFILE"])(
    "whose bytes meet %s is WF_STORE_UNAVAILABLE and leaves nothing",
    async (code) => {
      const store = await openStore();
      calls.failing.set("writeFile +tmp/*", code);
      const put = store.put("warm/key", BODY, { ifAbsent: true });
      await expect(put).rejects.toMatchObject({ code: "WF_STORE_UNAVAILABLE", retry: "safe" });
      expect(calls.log.map((entry) => entry.split(" ")[0])).toEqual(["writeFile", "unlink"]);
      expect(await store.get("warm/key")).toBeUndefined();
    },
  );

  it("is WF_STORE_UNSUPPORTED where there are no hard links", async () => {
    const store = await openStore();
    calls.failing.set("link +tmp/* warm/key+", "ENOTSUP");
    const put = store.put("warm/key", BODY, { ifAbsent: true });
    await expect(put).rejects.toMatchObject({ code: "WF_STORE_UNSUPPORTED" });
    expect(calls.log).toContain("unlink +tmp/*");
  });

  it("is WF_STORE_OUTCOME_UNKNOWN when the naming itself breaks down", async () => {
    const store = await openStore();
    calls.failing.set("link +tmp/* warm/key+", "EIO");
    const put = store.put("warm/key", BODY, { ifAbsent: true });
    await expect(put).rejects.toMatchObject({ code: "WF_STORE_OUTCOME_UNKNOWN" });
  });

  it("is WF_STORE_OUTCOME_UNKNOWN when the name cannot be flushed; a repeat settles it", async () => {
    const store = await openStore();
    calls.failing.set("sync warm", "EIO");
    const put = () => store.put("warm/key", BODY, { ifAbsent: true });
    await expect(put()).rejects.toMatchObject({
      code: "WF_STORE_OUTCOME_UNKNOWN",
      retry: "ambiguous",
    });
    await expect(put()).rejects.toMatchObject({ code: "WF_STORE_UNAVAILABLE" });
    calls.failing.clear();
    await expect(put()).rejects.toMatchObject({ code: "WF_STORE_ALREADY_EXISTS" });
    expect(await store.get("warm/key")).toEqual(BODY);
  });

  it("succeeds though its temporary file cannot be removed", async () => {
    const store = await openStore();
    calls.failing.set("unlink +tmp/*", "EIO");
    await store.put("warm/key", BODY, { ifAbsent: true });
    expect(await store.get("warm/key")).toEqual(BODY);
  });

  it("aborted while its bytes are written leaves no object and no file", async () => {
    const store = await openStore();
    const controller = new AbortController();
    calls.happening.set("writeFile +tmp/*", () => controller.abort(new Error("gone")));
    const put = store.put("warm/key", BODY, { signal: controller.signal });
    await expect(put).rejects.toThrow("gone");
    expect(calls.log).toEqual(["writeFile +tmp/*", "unlink +tmp/*"]);
  });
});

it("a put aborted once it has begun to name the object completes it", async () => {
  const store = await openStore();
  const controller = new AbortController();
  calls.happening.set("link +tmp/* warm/key+", () => controller.abort(new Error("too late")));
  await store.put("warm/key", BODY, { ifAbsent: true, signal: controller.signal });
  expect(calls.log).toContain("sync warm");
});

describe("a delete", () => {
  it("flushes each directory once, however many objects it loses", async () => {
    const store = await openStore();
    const keys = Array.from({ length: 30 }, (_, i) => `warm/${i}`);
    for (const key of keys) await store.put(key, BODY);
    calls.log.length = 0;
    await store.delete(keys);
    expect(calls.log.slice(0, 30).every((entry) => entry.startsWith("unlink warm/"))).toBe(true);
    expect(calls.log.slice(30)).toEqual(["rmdir warm", "sync warm"]);
  });

  it("flushes what remains above the directories that it removes", async () => {
    const store = await openStore();
    await store.put("warm/a/b/c", BODY);
    calls.log.length = 0;
    await store.delete("warm/a/b/c");
    expect(calls.log).toEqual([
      "unlink warm/a/b/c+",
      "rmdir warm/a/b",
      "rmdir warm/a",
      "rmdir warm",
      "sync warm",
    ]);
  });

  it("goes on past an object that it cannot remove, and then tells of it", async () => {
    const store = await openStore();
    await store.put("warm/a", BODY);
    await store.put("warm/b", BODY);
    calls.failing.set("unlink warm/a+", "EACCES");
    const removal = store.delete(["warm/a", "warm/b"]);
    await expect(removal).rejects.toMatchObject({ code: "WF_STORE_DENIED" });
    expect(await store.get("warm/a")).toEqual(BODY);
    expect(await store.get("warm/b")).toBeUndefined();
  });

  it("is WF_STORE_OUTCOME_UNKNOWN when the removal cannot be flushed", async () => {
    const store = await openStore();
    calls.failing.set("sync warm", "EIO");
    await store.put("other/key", BODY);
    const removal = store.delete(["warm/none", "warm/nothing"]);
    await expect(removal).rejects.toMatchObject({ code: "WF_STORE_OUTCOME_UNKNOWN" });
  });
});
