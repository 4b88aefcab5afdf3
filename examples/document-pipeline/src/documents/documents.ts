import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { splitDocument } from "./sections.ts";

/** A Markdown document to be analysed. */
export interface SourceDocument {
  /** From its bytes: the same text is the same document wherever it lies. */
  readonly id: string;
  /** Where it lies, shortened for people. */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  readonly sections: number;
}

const MAX_DOCUMENT_BYTES = 131_072;
const MARKDOWN = /\.(?:md|markdown)$/i;

/**
 * At most `limit` documents below `root`: each text once, none that is huge or has nothing to read, and
 * always the same ones in the same order for the same files.
 *
 * Where there are more, the ids decide which are taken, so that not one package or folder fills the list.
 */
export async function findDocuments(root: string, limit: number): Promise<SourceDocument[]> {
  const byId = new Map<string, { id: string; path: string }>();
  for (const file of await markdownFiles(root)) {
    const bytes = await readFile(file);
    const id = documentId(bytes);
    if (bytes.length <= MAX_DOCUMENT_BYTES && !byId.has(id)) byId.set(id, { id, path: file });
  }
  const documents: SourceDocument[] = [];
  for (const { id, path: file } of [...byId.values()].sort((a, b) => compareText(a.id, b.id))) {
    if (documents.length === limit) break;
    const sections = splitDocument(await readFile(file, "utf8")).sections.length;
    if (sections > 0) documents.push({ id, name: nameOf(root, file), path: file, sections });
  }
  return documents.sort((a, b) => compareText(a.name, b.name) || compareText(a.id, b.id));
}

/** 64 bits of the SHA-256, in hex. */
export function documentId(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex").slice(0, 16);
}

/** The order of UTF-16 units: the same on every machine, unlike that of a locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Absolute paths below `root` in a fixed order. Links are not followed. */
async function markdownFiles(root: string): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true });
  entries.sort((a, b) => compareText(a.name, b.name));
  const files: string[] = [];
  for (const entry of entries) {
    const entryPath = path.join(root, entry.name);
    if (entry.isDirectory() && !isPassedOver(entryPath)) {
      files.push(...(await markdownFiles(entryPath)));
    } else if (entry.isFile() && MARKDOWN.test(entry.name)) {
      files.push(entryPath);
    }
  }
  return files;
}

/** Hidden directories, and the dependencies of a project that is not itself among dependencies. */
function isPassedOver(directory: string): boolean {
  const name = path.basename(directory);
  if (name === "node_modules") return !isAmongDependencies(path.dirname(directory));
  return name.startsWith(".");
}

function isAmongDependencies(directory: string): boolean {
  return directory.split(path.sep).includes("node_modules");
}

/** `package/README.md` for an installed package, else the path from `root`. */
function nameOf(root: string, file: string): string {
  const parts = path.relative(root, file).split(path.sep);
  return parts.slice(parts.lastIndexOf("node_modules") + 1).join("/");
}
