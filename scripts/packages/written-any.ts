import { globSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { type Node, type SourceFile, SyntaxKind } from "typescript/unstable/ast";
import { API } from "typescript/unstable/sync";

/** Nothing but the files themselves is read: what they refer to does not matter. */
const OPTIONS = { noLib: true, noResolve: true, types: [], skipLibCheck: true };

/**
 * Where the declarations below a directory say `any`, as "dist/index.d.ts:3: any of `…`". Words in comments,
 * in texts and in names are none.
 *
 * @param scratch a directory that may be written to
 * @throws Error where there are no declarations
 */
export function writtenAnys(directory: string, scratch: string): string[] {
  const files = globSync("**/*.d.ts", { cwd: directory, exclude: ["node_modules/**"] }).sort();
  if (files.length === 0) throw new Error(`there are no declarations in ${directory}`);
  const paths = files.map((file) => join(directory, file));
  const config = join(scratch, "written-any.tsconfig.json");
  writeFileSync(config, JSON.stringify({ compilerOptions: OPTIONS, files: paths }));
  const api = new API();
  try {
    const program = api.updateSnapshot({ openProjects: [config] }).getProject(config)?.program;
    return paths.flatMap((path) => {
      const source = program?.getSourceFile(path);
      if (source === undefined) throw new Error(`${path} was not read`);
      return anysIn(source).map((any) => `${relative(directory, path)}:${any}`);
    });
  } finally {
    api.close();
  }
}

function anysIn(source: SourceFile): string[] {
  const found: string[] = [];
  const visit = (node: Node) => {
    if (node.kind === SyntaxKind.AnyKeyword) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
      found.push(`${line + 1}: any of \`${node.parent.getText(source)}\``);
    }
    node.forEachChild(visit);
  };
  visit(source);
  return found;
}
