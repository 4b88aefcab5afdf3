import { readdir, readFile } from "node:fs/promises";
import path from "node:path";

/** Files in which two directories differ, byte for byte, each with how. Empty: they are identical. */
export async function compareReports(left: string, right: string): Promise<string[]> {
  const leftFiles = new Set(await readdir(left));
  const rightFiles = new Set(await readdir(right));
  const differences: string[] = [];
  for (const file of [...new Set([...leftFiles, ...rightFiles])].sort()) {
    if (!rightFiles.has(file)) differences.push(`${file} is only in ${left}`);
    else if (!leftFiles.has(file)) differences.push(`${file} is only in ${right}`);
    else if (!(await isSame(path.join(left, file), path.join(right, file)))) {
      differences.push(`${file} differs`);
    }
  }
  return differences;
}

async function isSame(left: string, right: string): Promise<boolean> {
  const [leftBytes, rightBytes] = await Promise.all([readFile(left), readFile(right)]);
  return leftBytes.equals(rightBytes);
}
