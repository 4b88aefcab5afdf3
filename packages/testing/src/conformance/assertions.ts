import assert from "node:assert/strict";
import { WfError, type WfErrorCode } from "@wf/core";

export function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

export function assertBody(got: Uint8Array | undefined, expected: Uint8Array, about = ""): void {
  assert.ok(got !== undefined, `there is no such object ${about}`);
  assert.equal(got.length, expected.length, about);
  assert.ok(Buffer.compare(got, expected) === 0, `the bytes differ ${about}`);
}

export function assertCode(error: unknown, code: WfErrorCode): void {
  assert.ok(WfError.is(error), `not a WfError: ${String(error)}`);
  assert.equal(error.code, code, error.message);
}

export async function rejectsWith(code: WfErrorCode, call: () => Promise<unknown>): Promise<void> {
  await assert.rejects(call, (error) => {
    assertCode(error, code);
    return true;
  });
}
