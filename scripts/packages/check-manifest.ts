import type { Manifest } from "./workspace.ts";

const REQUIRED = [
  "description",
  "license",
  "keywords",
  "engines",
  "exports",
  "files",
  "publishConfig",
];

/** What a published package says of itself: the problems, none when all is there. */
export function manifestProblems(manifest: Manifest): string[] {
  const problems = REQUIRED.filter((field) => manifest[field] === undefined).map(
    (field) => `${field} is missing`,
  );
  if (manifest["type"] !== "module") problems.push('type is not "module"');
  if (manifest["sideEffects"] !== false) problems.push("sideEffects is not false");
  const isAdapter = manifest.name !== "@wf/core";
  if (isAdapter && manifest.peerDependencies?.["@wf/core"] === undefined) {
    problems.push("@wf/core is no peer, so that a program could have two");
  }
  if (manifest.dependencies?.["@wf/core"] !== undefined) problems.push("@wf/core is a dependency");
  return problems;
}
