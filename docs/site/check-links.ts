/** Checks that every link within the built site leads to a page that is there, and to a place on it. */
import { globSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";

interface BuiltPage {
  readonly ids: ReadonlySet<string>;
  readonly links: readonly string[];
}

const dist = join(import.meta.dirname, ".vitepress/dist");
const files = new Set(globSync("**", { cwd: dist }));
const pages = new Map<string, BuiltPage>();
for (const file of files) {
  if (file.endsWith(".html"))
    pages.set(file, read(readFileSync(join(dist, file), "utf8")));
}

/** The pages on which each is, by link and problem. */
const dead = new Map<string, string[]>();
let checked = 0;
for (const [file, { links }] of pages) {
  for (const link of links) {
    checked++;
    const problem = problemOf(file, link);
    if (problem === undefined) continue;
    const name = `${link}: ${problem}`;
    dead.set(name, [...(dead.get(name) ?? []), file]);
  }
}
for (const [name, [first, ...others]] of dead) {
  console.error(
    `${name}: ${first}${others.length > 0 ? ` and ${others.length} more` : ""}`,
  );
}
console.log(`${checked} links on ${pages.size} pages, ${dead.size} dead`);
process.exitCode = dead.size === 0 && pages.size > 0 ? 0 : 1;

function read(html: string): BuiltPage {
  const attributes = (name: string) =>
    [...html.matchAll(new RegExp(`\\s${name}="([^"]*)"`, "g"))].map(
      ([, value]) => value as string,
    );
  const links = attributes("href").filter(
    (href) => !/^[a-z]+:|^\/\//i.test(href),
  );
  return { ids: new Set(attributes("id")), links };
}

function problemOf(from: string, link: string): string | undefined {
  const [path = "", hash = ""] = link
    .replaceAll("&amp;", "&")
    .split("#")
    .map(decodeURIComponent);
  const target =
    path === ""
      ? from
      : fileOf(posix.join("/", posix.dirname(from), path), path);
  if (!files.has(target)) return "there is no such page";
  if (hash === "" || pages.get(target)?.ids.has(hash)) return undefined;
  return "there is no such place on that page";
}

function fileOf(relative: string, path: string): string {
  const absolute = (path.startsWith("/") ? path : relative).slice(1);
  if (absolute === "" || absolute.endsWith("/")) return `${absolute}index.html`;
  return files.has(absolute) ? absolute : `${absolute}.html`;
}
