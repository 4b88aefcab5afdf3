import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findDocuments } from "./documents.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), "documents-"));
});
afterEach(() => rm(root, { recursive: true }));

async function write(file: string, text: string) {
  await mkdir(path.dirname(path.join(root, file)), { recursive: true });
  await writeFile(path.join(root, file), text);
}

async function names(limit = 100, directory = root) {
  return (await findDocuments(directory, limit)).map(({ name }) => name);
}

describe("findDocuments", () => {
  it("finds Markdown files at any depth, in the order of their names", async () => {
    await write("b/deep/er.MD", "Text b.");
    await write("a.markdown", "# A\nText a.\n# B\nMore.");
    await write("notes.txt", "No Markdown.");
    expect(await findDocuments(root, 100)).toMatchObject([
      { name: "a.markdown", path: path.join(root, "a.markdown"), sections: 2 },
      { name: "b/deep/er.MD", path: path.join(root, "b/deep/er.MD"), sections: 1 },
    ]);
  });

  it("takes one text once, wherever copies of it lie", async () => {
    await write("a/LICENSE.md", "Same text.");
    await write("b/LICENSE.md", "Same text.");
    await write("c/LICENSE.md", "Other text.");
    expect(await names()).toEqual(["a/LICENSE.md", "c/LICENSE.md"]);
  });

  it("leaves out what is empty, has nothing to read, or is huge", async () => {
    await write("empty.md", "");
    await write("code.md", "```\ncode\n```");
    await write("huge.md", "word ".repeat(30_000));
    await write("fine.md", "Text.");
    expect(await names()).toEqual(["fine.md"]);
  });

  it("does not look into hidden directories, dependencies, and what links lead to", async () => {
    await write(".git/x.md", "Hidden.");
    await write("node_modules/p/README.md", "A dependency.");
    await write("own.md", "Own.");
    await symlink(root, path.join(root, "loop"));
    expect(await names()).toEqual(["own.md"]);
  });

  it("names the documents of installed packages after the package", async () => {
    await write("node_modules/.pnpm/p@1.0.0/node_modules/p/README.md", "A dependency.");
    await write("node_modules/.pnpm/p@1.0.0/node_modules/@s/q/docs/x.md", "Its dependency.");
    const directory = path.join(root, "node_modules/.pnpm");
    expect(await names(100, directory)).toEqual(["@s/q/docs/x.md", "p/README.md"]);
  });

  it("takes the same few of many each time, and not the first by name", async () => {
    for (let i = 10; i < 60; i++) await write(`${i}.md`, `Text number ${i}.`);
    const few = await names(10);
    expect(few).toHaveLength(10);
    expect(few).toEqual(await names(10));
    expect(few).toEqual([...few].sort());
    expect(Number.parseInt(few.at(-1) ?? "", 10)).toBeGreaterThan(30);
  });
});
