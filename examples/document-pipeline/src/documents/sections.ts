import { lexer, type MarkedToken, type Token } from "marked";

/** A part of a document under one heading. */
export interface Section {
  /** Position in the document, from 0. */
  readonly number: number;
  /** Plain text; empty for what stands before the first heading. */
  readonly heading: string;
  /** Level of the heading, 1 to 3; 0 where there is none. */
  readonly level: number;
  /** Plain text without code, images and markup; never empty. */
  readonly text: string;
}

/** Deeper headings stay in the text of their section. */
const DEEPEST_LEVEL = 3;
const FRONT_MATTER = /^\uFEFF?---\r?\n.*?\r?\n---\r?\n/s;

export interface SplitDocument {
  /** The first heading of level 1; undefined without one. */
  readonly title: string | undefined;
  /** Those that have any text, in order. */
  readonly sections: readonly Section[];
}

export function splitDocument(markdown: string): SplitDocument {
  const parts: { heading: string; level: number; blocks: string[] }[] = [
    { heading: "", level: 0, blocks: [] },
  ];
  for (const token of lexer(markdown.replace(FRONT_MATTER, "")) as MarkedToken[]) {
    if (token.type === "heading" && token.depth <= DEEPEST_LEVEL) {
      parts.push({ heading: tidy(plainText(token)), level: token.depth, blocks: [] });
    } else {
      parts.at(-1)?.blocks.push(plainText(token));
    }
  }
  const sections = parts
    .map(({ heading, level, blocks }) => ({ heading, level, text: tidy(blocks.join("\n")) }))
    .filter(({ text }) => /\p{L}/u.test(text))
    .map((section, number) => ({ number, ...section }));
  const title = parts.find(({ heading, level }) => level === 1 && heading !== "")?.heading;
  return { title, sections };
}

/** What a reader would read of a token: its text without code blocks, images, HTML and markup. */
function plainText(generic: Token): string {
  const token = generic as MarkedToken;
  switch (token.type) {
    case "code":
    case "html":
    case "image":
    case "def":
    case "checkbox":
      return "";
    case "space":
    case "br":
    case "hr":
      return "\n";
    case "list":
      return joined(token.items, "\n");
    case "table":
      return [token.header, ...token.rows].map(tableRow).join("\n");
    case "blockquote":
    case "list_item":
      return joined(token.tokens, "\n");
    case "codespan":
    case "escape":
      return token.text;
    case "text":
      return token.tokens === undefined ? token.text : joined(token.tokens, "");
    default:
      return joined(token.tokens, "");
  }
}

function tableRow(cells: readonly { readonly tokens: readonly Token[] }[]): string {
  return cells.map(({ tokens }) => joined(tokens, "")).join(" ");
}

function joined(tokens: readonly Token[], separator: string): string {
  return tokens.map(plainText).join(separator);
}

/** Single spaces, one line per block, no character references and footnote marks. */
function tidy(text: string): string {
  return text
    .replaceAll(/\[\^[^\]\s]+\]:?/g, " ")
    .replaceAll(/&(?:#\d+|#x[\da-f]+|[a-z]+\d*);/gi, " ")
    .split("\n")
    .map((line) => line.replaceAll(/\s+/g, " ").trim())
    .filter((line) => line !== "")
    .join("\n");
}
