/** Checks each built package as its users get it: by publint, and by importing it without its sources. */
import { spawnSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const root = new URL("..", import.meta.url).pathname;
let failures = 0;

function check(cwd: string, command: string, ...args: readonly string[]): void {
  const { status } = spawnSync(command, args, { cwd, stdio: "inherit" });
  if (status === 0) return;
  failures++;
  console.log(`failed in ${cwd.slice(root.length)}: ${command} ${args.join(" ")}`);
}

for (const file of globSync("packages/{*,*/*}/package.json", { cwd: root })) {
  const { name, exports } = JSON.parse(readFileSync(join(root, file), "utf8"));
  const directory = join(root, dirname(file));
  check(directory, "publint", "--strict", "--pack", "npm");
  const entries = Object.keys(exports).filter((entry) => !entry.endsWith(".json"));
  for (const entry of entries) {
    const specifier = join(name, entry);
    check(root, "node", "--input-type=module", "--eval", `await import("${specifier}")`);
    console.log(`imported ${specifier}`);
  }
}
process.exitCode = failures === 0 ? 0 : 1;
