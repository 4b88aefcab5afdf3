import type pg from "pg";

/** Looks each 10 ms until the query finds no row. */
export async function untilNone(client: pg.Client, query: string): Promise<void> {
  while ((await client.query(`${query} LIMIT 1`)).rowCount !== 0) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
