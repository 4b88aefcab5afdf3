/** Makes a new package: `npm run new -- store NAME`, `npm run new -- queue NAME`. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { newPackage } from "./new-package.ts";

const root = join(import.meta.dirname, "../..");

/** The order of imports and the breaking of lines depend on the name. */
function finish(command: string, ...args: readonly string[]): void {
  console.log(`> ${command} ${args.join(" ")}`);
  const { status } = spawnSync(command, args, { cwd: root, stdio: "inherit" });
  if (status !== 0) throw new Error(`${command} failed: run it again by hand, the package is made`);
}

try {
  const [kind, name, ...rest] = process.argv.slice(2);
  if (kind === undefined || name === undefined || rest.length > 0) {
    throw new Error(
      "give a kind and a name: npm run new -- store NAME, or npm run new -- queue NAME",
    );
  }
  const directory = newPackage(root, kind, name);
  finish("biome", "check", "--write", directory);
  finish("npx", "-y", "pnpm@12", "install");
  console.log(`\n${directory} is made. It passes: npm test -- ${directory}`);
  console.log(
    `Now put the real ${kind} in the place of its Maps: docs/adapters/writing-a-${kind}.md`,
  );
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
