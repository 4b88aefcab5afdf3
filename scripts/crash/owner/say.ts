import { writeSync } from "node:fs";

const PIPE = 1;

/**
 * Tells the parent a fact. It is in the pipe when this returns, so a kill cannot take it back; and whole, since
 * the kernel writes so few bytes at once (PIPE_BUF, pipe(7)).
 */
export function say(...words: readonly (string | number)[]): void {
  const line = Buffer.from(`${words.join(" ")}\n`);
  for (;;) {
    try {
      writeSync(PIPE, line);
      return;
    } catch (error) {
      // The parent reads too slowly for the moment.
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
    }
  }
}
