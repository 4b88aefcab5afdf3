import { readdirSync } from "node:fs";
import { basename } from "node:path";
import { MODULE_EXTENSION } from "./extension.ts";
import type { Question } from "./question.ts";

/** In the order of their files. */
export function questionNames(): string[] {
  return readdirSync(new URL("questions/", import.meta.url))
    .filter((file) => file.endsWith(MODULE_EXTENSION))
    .map((file) => basename(file, MODULE_EXTENSION))
    .sort();
}

/** Whether the question is about a PostgreSQL server, which `--queue` names. */
export function needsPostgres(name: string): boolean {
  return name.startsWith("postgres-");
}

export async function readQuestion(name: string): Promise<Question> {
  return (await import(new URL(`questions/${name}${MODULE_EXTENSION}`, import.meta.url).href))
    .question;
}
