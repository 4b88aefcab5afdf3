import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { OBJECT_STORE_CASES } from "../src/conformance/object-store-conformance.ts";

const NEED_FAULTS = OBJECT_STORE_CASES.filter(({ needsFaults }) => needsFaults).length;

function runInNodeTest(store: string) {
  const file = join(import.meta.dirname, "conformance-in-node-test.ts");
  const args = ["--conditions=@wf/source", "--test", "--test-reporter=tap", file];
  const env = { ...process.env, STORE: store };
  return spawnSync(process.execPath, args, { encoding: "utf8", env });
}

describe("objectStoreConformance in node:test", () => {
  it("passes a store that keeps the contract, and reports what it left out as skipped", () => {
    const { status, stdout } = runInNodeTest("memory");
    expect(stdout).toContain(`# pass ${OBJECT_STORE_CASES.length - NEED_FAULTS}\n# fail 0\n`);
    expect(stdout).toContain(`# skipped ${NEED_FAULTS}\n`);
    expect(stdout).toContain("# SKIP this store has no faults on the way to its server");
    expect(status).toBe(0);
  });

  it("fails a store that forgets ifAbsent", () => {
    const { status, stdout } = runInNodeTest("forgetful");
    expect(stdout).toMatch(/^ *not ok \d+ - create-002: /m);
    expect(stdout).toMatch(/^ *ok \d+ - create-001: /m);
    expect(status).toBe(1);
  });
});
