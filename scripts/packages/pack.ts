import { join } from "node:path";
import { run } from "./command.ts";
import type { WorkspacePackage } from "./workspace.ts";

export interface PackedPackage extends WorkspacePackage {
  /** Path of the archive that would be published. */
  readonly tarball: string;
}

/** Packs what was built, with the versions of the workspace in place of `workspace:`. */
export function packAll(packages: readonly WorkspacePackage[], into: string): PackedPackage[] {
  return packages.map((published) => {
    const { name, version } = published.manifest;
    const args = ["-y", "pnpm@12", "pack", "--silent", "--pack-destination", into];
    run("npx", args, { cwd: published.directory });
    const file = `${name.replace("@", "").replace("/", "-")}-${version}.tgz`;
    return { ...published, tarball: join(into, file) };
  });
}
