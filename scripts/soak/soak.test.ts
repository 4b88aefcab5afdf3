import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";

it("500 runs on a directory all end once though their process is killed twice", () => {
  const args = ["--conditions=@wf/source", join(import.meta.dirname, "main.ts"), "500"];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  expect(stdout, stderr).toMatch(/killed 2 times, 500 ended, 0 twice.*as promised\n$/);
  expect(status).toBe(0);
});
