import { cpSync, existsSync, globSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Where packages of each kind are. */
const FOLDERS = { store: "packages/stores", queue: "packages/queues" } as const;

export type PackageKind = keyof typeof FOLDERS;

/** What the templates are called, to be replaced: in lower case, and in the names of classes. */
const PLACEHOLDER = "template";
/** What a new package has in common with its siblings is taken from this one, so that there is no second copy. */
const SIBLING = "packages/stores/fs";
/** npm allows 214 characters with the scope, which nobody should have to type. */
const MAX_NAME_LENGTH = 50;

const KEYWORDS: Readonly<Record<PackageKind, readonly string[]>> = {
  store: ["workflow", "durable-execution", "object-storage"],
  queue: ["queue", "job-queue", "durable-execution", "workflow"],
};
const DESCRIPTIONS: Readonly<Record<PackageKind, string>> = {
  store: "wf object store on",
  queue: "wf durable queue on",
};

/**
 * Makes the package `@wf/<kind>-<name>` in the repository at `root`, from the template of that kind.
 *
 * @returns its directory, relative to `root`
 * @throws Error for a kind or name that will not do, or one that is taken; nothing is written then
 */
export function newPackage(root: string, kind: string, name: string): string {
  if (!isKind(kind)) throw new Error(`${JSON.stringify(kind)} is no kind: give store or queue`);
  checkName(name);
  const directory = `${FOLDERS[kind]}/${name}`;
  const target = join(root, directory);
  if (existsSync(target)) throw new Error(`${directory} is there already: give another name`);
  const manifest = manifestOf(root, kind, name);
  cpSync(join(import.meta.dirname, `template-${kind}`), target, { recursive: true });
  for (const file of globSync("**/*.{ts,md}", { cwd: target })) {
    const path = join(target, file);
    writeFileSync(path, named(readFileSync(path, "utf8"), name));
    renameSync(path, join(target, named(file, name)));
  }
  cpSync(join(root, SIBLING, "tsconfig.json"), join(target, "tsconfig.json"));
  writeFileSync(join(target, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  return directory;
}

function isKind(kind: string): kind is PackageKind {
  return Object.hasOwn(FOLDERS, kind);
}

/** Names become those of packages, files and classes. */
function checkName(name: string): void {
  if (/^[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*$/.test(name) && name.length <= MAX_NAME_LENGTH) return;
  throw new Error(
    `${JSON.stringify(name)} is no name for a package: give words of a-z and 0-9 that begin with a letter, ` +
      `joined by "-", at most ${MAX_NAME_LENGTH} characters in all, such as "tigris" or "google-drive"`,
  );
}

function manifestOf(root: string, kind: PackageKind, name: string): object {
  const sibling = JSON.parse(readFileSync(join(root, SIBLING, "package.json"), "utf8"));
  return {
    ...sibling,
    name: `@wf/${kind}-${name}`,
    description: `${DESCRIPTIONS[kind]} ${name}.`,
    keywords: [...KEYWORDS[kind], name],
  };
}

function named(text: string, name: string): string {
  const words = name.split("-").map((word) => word[0]?.toUpperCase() + word.slice(1));
  return text
    .replaceAll(PLACEHOLDER, name)
    .replaceAll(PLACEHOLDER[0]?.toUpperCase() + PLACEHOLDER.slice(1), words.join(""));
}
