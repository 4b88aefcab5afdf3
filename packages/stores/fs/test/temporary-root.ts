import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A directory that is gone when the test is over; the root itself is not made. */
export async function temporaryRoot(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "wf-store-fs-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return join(directory, "root");
}
