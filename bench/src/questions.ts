import { readdirSync } from "node:fs";
import type { Question } from "./question.ts";

/** In the order of their files. */
export function questionNames(): string[] {
  return readdirSync(new URL("questions/", import.meta.url))
    .filter((file) => file.endsWith(".ts"))
    .map((file) => file.slice(0, -".ts".length))
    .sort();
}

export async function readQuestion(name: string): Promise<Question> {
  return (await import(new URL(`questions/${name}.ts`, import.meta.url).href)).question;
}
