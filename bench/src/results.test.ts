import { expect, it } from "vitest";
import { formatEntry } from "./results.ts";

it("an entry says when, what commit, which machine, which command, and shows the table", () => {
  const entry = formatEntry({
    date: "2026-11-22T09:30:12.345Z",
    commit: "0123456789ab+",
    command: "npm run bench -- --check",
    machine: {
      cpu: "AMD EPYC",
      cores: 2,
      memoryGb: 24,
      disk: "ext4 252G",
      fsyncMs: 0.214,
      system: "linux 6.18, Node v24.21.0",
      load: 0.1,
    },
    report: "| question |",
  });
  expect(entry).toContain("## 2026-11-22 09:30 UTC, commit 0123456789ab+");
  expect(entry).toContain("AMD EPYC, 2 cores, 24 GB; ext4 252G, 4 KiB and fsync 0.21 ms");
  expect(entry).toContain("- command: `npm run bench -- --check`");
  expect(entry).toContain("| question |");
});
