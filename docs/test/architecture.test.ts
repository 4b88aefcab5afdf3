import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");

/** What a text names: in backticks with a slash and no blank, or the target of a relative link. */
function pathsIn(markdown: string): string[] {
  const named = [...markdown.matchAll(/`([\w.@-]+(?:\/[\w.@-]+)+)`/g)];
  const linked = [...markdown.matchAll(/\]\((?!\w+:)([^)#]+)(?:#[^)]*)?\)/g)];
  return [...named, ...linked]
    .map(([, path]) => path as string)
    .filter((path) => !path.startsWith("@wf/"));
}

/** Paths of a section are below the root, or below what it says: "Paths are below `a` or `b`." */
function basesOf(section: string): string[] {
  const sentence = /^Paths are below (.*)\.$/m.exec(section)?.[1] ?? "";
  return [
    "",
    ...Array.from(sentence.matchAll(/`(.*?)`/g), ([, base]) => base as string),
  ];
}

describe.each(["ARCHITECTURE.md", "CONTRIBUTING.md"])("%s", (file) => {
  const sections = readFileSync(join(root, file), "utf8").split(/^## /m);

  it("names only paths that exist", () => {
    const missing = sections.flatMap((section) => {
      const bases = basesOf(section);
      return pathsIn(section).filter(
        (path) => !bases.some((base) => existsSync(join(root, base, path))),
      );
    });
    // Made by a build.
    expect(
      missing.filter((path) => !/\/dist$|node_modules/.test(path)),
    ).toEqual([]);
    expect(sections.flatMap(pathsIn).length).toBeGreaterThan(10);
  });
});
