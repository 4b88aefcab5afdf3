import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writtenAnys } from "./written-any.ts";

let scratch: string;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), "wf-written-any-"));
});
afterEach(() => rmSync(scratch, { recursive: true }));

function anysOf(declarations: Readonly<Record<string, string>>): string[] {
  const directory = join(scratch, "package");
  for (const [file, text] of Object.entries(declarations)) {
    mkdirSync(join(directory, file, ".."), { recursive: true });
    writeFileSync(join(directory, file), text);
  }
  return writtenAnys(directory, scratch);
}

describe("The check for any in declarations", () => {
  it("finds each by file and line, wherever it is written", () => {
    const found = anysOf({
      "dist/a.d.ts": "export declare const a: any;\n\nexport type B = Map<string, any[]>;\n",
      "dist/deep/c.d.ts": `
        export declare class C<T = any> {
          private readonly kept: (value: any) => void;
          method(...rest: any[]): Promise<any>;
        }`,
    });
    expect(found).toEqual([
      "dist/a.d.ts:1: any of `a: any`",
      "dist/a.d.ts:3: any of `any[]`",
      "dist/deep/c.d.ts:2: any of `T = any`",
      "dist/deep/c.d.ts:3: any of `value: any`",
      "dist/deep/c.d.ts:4: any of `any[]`",
      "dist/deep/c.d.ts:4: any of `Promise<any>`",
    ]);
  });

  it("takes no comment, text or name for one", () => {
    const found = anysOf({
      "dist/a.d.ts": `
        /** Takes any value. @param {any} value of any kind */
        export declare function any(value: unknown): "any"; // any
        export interface Some { any?: string; readonly company: \`any\${string}\` }
        export declare const first: typeof Promise.any;`,
      "dist/a.js": "const any = 1; /** @type {any} */",
    });
    expect(found).toEqual([]);
  });

  it("does not pass where there is nothing to read", () => {
    expect(() => anysOf({ "dist/a.js": "" })).toThrow("there are no declarations");
  });
});
