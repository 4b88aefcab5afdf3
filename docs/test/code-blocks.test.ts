import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const docs = join(import.meta.dirname, "..");
const pages = globSync("**/*.md", { cwd: docs }).filter(
  // What is generated is not written by hand, and packages are not pages.
  (file) => !/(^|\/)(api|node_modules|\.vitepress)\//.test(file),
);

/** The files and regions that a page includes by `<<< @/path#region`. */
function includes(
  page: string,
): { file: string; region: string | undefined }[] {
  return [...page.matchAll(/^<<< @\/(\S+?)(?:#(\S+))?$/gm)].map(
    ([, file, region]) => ({
      file: file as string,
      region,
    }),
  );
}

describe.each(pages)("The page %s", (file) => {
  const page = readFileSync(join(docs, file), "utf8");

  it("includes its TypeScript from files, which are checked and run", () => {
    expect(
      page.match(/^\s*```(ts|typescript|js|javascript)\b.*$/gm),
    ).toBeNull();
  });

  it("includes only files and regions that are there", () => {
    for (const { file, region } of includes(page)) {
      const source = readFileSync(join(docs, file), "utf8");
      if (region === undefined) continue;
      expect(
        source.match(new RegExp(`^\\s*// #region ${region}$`, "gm")),
      ).toHaveLength(1);
      expect(
        source.match(new RegExp(`^\\s*// #endregion ${region}$`, "gm")),
      ).toHaveLength(1);
    }
    expect(includes(page)).toHaveLength(page.match(/^<<</gm)?.length ?? 0);
  });
});

it("every example is on a page, and every region of it", () => {
  const shown = pages.flatMap((file) =>
    includes(readFileSync(join(docs, file), "utf8")),
  );
  const unshown = globSync("examples/*.ts", { cwd: docs }).flatMap((file) => {
    if (
      shown.some(
        (include) => include.file === file && include.region === undefined,
      )
    )
      return [];
    const source = readFileSync(join(docs, file), "utf8");
    const regions = [...source.matchAll(/^\s*\/\/ #region (\S+)$/gm)].map(
      ([, region]) => region,
    );
    const rest = regions.filter(
      (region) =>
        !shown.some(
          (include) => include.file === file && include.region === region,
        ),
    );
    return regions.length === 0
      ? [file]
      : rest.map((region) => `${file}#${region}`);
  });
  // The helper of the others, and the test of all.
  expect(unshown.sort()).toEqual([
    "examples/examples.test.ts",
    "examples/json.ts",
  ]);
});
