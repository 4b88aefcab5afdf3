import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const pages = globSync(
  [
    "*.md",
    "{bench,simulation}/README.md",
    "{examples/*,packages/*,packages/*/*}/README.md",
    "docs/{,{adapters,guides}/}*.md",
  ],
  { cwd: root },
);
const testFiles = globSync("**/*.test.ts", {
  cwd: root,
  exclude: ["**/node_modules/**", "**/dist/**"],
});

function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

/** What a page has in code spans, and its blocks of commands one by one, without their comments. */
function commandsOn(markdown: string): string[] {
  const block = /^ *```(\w*)\n([\s\S]*?)^ *```$/gm;
  const blocks = [...markdown.matchAll(block)].filter(
    ([, language]) => language === "sh",
  );
  const spans = markdown.replaceAll(block, "").matchAll(/`()([^`]+)`/g);
  return [...blocks, ...spans]
    .flatMap(([, , code]) => (code as string).split(/\n| && /))
    .map((line) => line.replace(/\s+#.*$/, "").trim());
}

/** The sources of the program that a script runs: a file, or all in the folder of a `main`. */
function sourcesOf(script: string): string {
  const entry = /\S+\.[jt]s$/.exec(script)?.[0];
  if (entry === undefined) return "";
  if (!/\/main\.[jt]s$/.test(entry)) return read(entry);
  const folder = dirname(entry).replace(/dist$/, "src");
  return globSync(`${folder}/**/*.ts`, { cwd: root }).map(read).join("\n");
}

function takes(sources: string, flag: string): boolean {
  const name = flag.replace(/^--(no-)?/, "");
  const option = new RegExp(`(^|[{,]) *"?${name}"?: \\{ type: "`, "m");
  return option.test(sources) || sources.includes(`includes("${flag}")`);
}

function problemsOfScript(command: string, name: string): string[] {
  const [npm = "", given = ""] = command.split(" -- ");
  const directory = /--prefix (\S+)/.exec(npm)?.[1] ?? "";
  const script = JSON.parse(read(join(directory, "package.json"))).scripts[
    name
  ];
  if (script === undefined) return [`there is no script ${name}`];
  const sources = sourcesOf(script);
  const unknown = (given.match(/(?<!\S)--[\w-]+/g) ?? []).filter(
    (flag) => !takes(sources, flag),
  );
  const first = /^[^-]\S*/.exec(given)?.[0];
  // `parseArgs` refuses what is no option, unless it is told not to.
  const refuses =
    sources.includes("parseArgs(") &&
    !sources.includes("allowPositionals: true");
  if (first !== undefined && refuses) unknown.push(first);
  return unknown.map((argument) => `${name} does not take ${argument}`);
}

function problemsOfTests(given: string): string[] {
  const title = /-t "(.*?)"/.exec(given)?.[1];
  const hasTitle =
    title === undefined || testFiles.some((file) => read(file).includes(title));
  const filters = given.replace(/-t ".*?"/, "").match(/\S+/g) ?? [];
  return [
    ...(hasTitle ? [] : [`no test is named ${title}`]),
    ...filters
      .filter((filter) => !testFiles.some((file) => file.includes(filter)))
      .map((filter) => `no test file has ${filter} in its path`),
  ];
}

function problemsOf(command: string): string[] {
  const script = /(?:^|\s)npm run ([\w-]+)/.exec(command)?.[1];
  if (script !== undefined) return problemsOfScript(command, script);
  const tests = /(?:npx vitest run|npm test --) (.*)$/.exec(command)?.[1];
  if (tests !== undefined) return problemsOfTests(tests);
  const file = /^(?:npx )?node (?:-\S+ )*([a-z]+\/\S+)/.exec(command)?.[1];
  if (file === undefined || existsSync(join(root, file))) return [];
  return [`there is no ${file}`];
}

/** Not in one piece, since this file is a test as well. */
const NO_TITLE = ["nobody", "calls", "it", "so"].join(" ");

describe("The commands on the pages", () => {
  it.each(pages)("of %s are there, and take what they are given", (page) => {
    const problems = commandsOn(read(page)).flatMap((command) =>
      problemsOf(command).map((problem) => `${command}: ${problem}`),
    );
    expect(problems).toEqual([]);
  });

  it("are many", () => {
    const all = pages.flatMap((page) => commandsOn(read(page)));
    expect(all.filter((line) => /npm run /.test(line)).length).toBeGreaterThan(
      40,
    );
  });

  it.each([
    ["npm run nothing", "there is no script nothing"],
    ["npm run bench -- idle-requests", "bench does not take idle-requests"],
    ["npm run sim -- --seeds 3 --sed 7", "sim does not take --sed"],
    ["npm test -- no-such", "no test file has no-such in its path"],
    [`npm test -- -t "${NO_TITLE}"`, `no test is named ${NO_TITLE}`],
    ["node scripts/gone.ts", "there is no scripts/gone.ts"],
  ])("would be noticed where they are not: %s", (command, problem) => {
    expect(problemsOf(command)).toEqual([problem]);
  });
});
