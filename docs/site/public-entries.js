/** Every entry of every public package, from the `exports` of its package.json. */
import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const root = join(import.meta.dirname, "../..");

/** @type {readonly { readonly name: string, readonly source: string, readonly description: string }[]} */
export const publicEntries = globSync("packages/{*,*/*}/package.json", {
  cwd: root,
})
  .filter((file) => !file.includes("node_modules"))
  .flatMap((file) => {
    const manifest = JSON.parse(readFileSync(join(root, file), "utf8"));
    const { name, description, exports } = manifest;
    if (manifest.private) return [];
    return Object.entries(exports)
      .filter(([, target]) => typeof target === "object")
      .map(([entry, target]) => ({
        name: join(name, entry),
        description: entry === "." ? description : undefined,
        source: join(root, dirname(file), target["@wf/source"]),
      }));
  })
  .sort((a, b) => (a.name < b.name ? -1 : 1));

/** The names of the packages, without those of their entries. */
export const publicPackages = publicEntries
  .filter(({ description }) => description !== undefined)
  .map(({ name }) => name);
