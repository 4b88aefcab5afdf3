import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { KILL_KINDS } from "./kill-plan.ts";

it("an owner killed in every way has lost nothing that it acknowledged, and done nothing twice", () => {
  const main = join(import.meta.dirname, "main.ts");
  const args = ["--conditions=@wf/source", main, "--kills", `${KILL_KINDS.length}`, "--seed", "3"];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  const kinds = KILL_KINDS.map((kind) => `1 ${kind}`).join(", ");
  expect(stdout, stderr).toContain(`crash: 5 kills (${kinds})`);
  expect(stdout, stderr).toMatch(/[1-9]\d* acknowledgements .* as promised\n$/);
  expect(status).toBe(0);
});

it("refuses to kill no times, or by no seed", () => {
  for (const args of [
    ["--kills", "0"],
    ["--kills", "x"],
    ["--seed", "x"],
  ]) {
    const main = join(import.meta.dirname, "main.ts");
    const { status, stderr } = spawnSync(
      process.execPath,
      ["--conditions=@wf/source", main, ...args],
      {
        encoding: "utf8",
      },
    );
    expect(stderr).toMatch(/give --kills, a number from 1, and --seed/);
    expect(status).toBe(2);
  }
});
