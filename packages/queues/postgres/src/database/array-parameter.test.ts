import pg from "pg";
import { describe, expect, it } from "vitest";
import { sharedServer } from "../../test-support/shared-server.ts";
import { arrays } from "./array-parameter.ts";

const server = await sharedServer();

describe.skipIf(server === undefined)("An array as a binary parameter", () => {
  it("is read by the server as it was given, of every type, with gaps and with nothing in it", async () => {
    const client = new pg.Client({ connectionString: server!.url() });
    await client.connect();
    const rows: readonly (readonly [type: string, parameter: Buffer, expected: unknown[]])[] = [
      [
        "text[]",
        arrays.text(["a", "ü€😀", '"{},\\', "", undefined]),
        ["a", "ü€😀", '"{},\\', "", null],
      ],
      ["int8[]", arrays.int8([0, -1, 8.64e15, undefined]), ["0", "-1", "8640000000000000", null]],
      [
        "bytea[]",
        arrays.bytea([new Uint8Array([0, 255]), undefined]),
        [Buffer.from([0, 255]), null],
      ],
      ["bytea[]", arrays.bytea([new Uint8Array(70_000)]), [Buffer.alloc(70_000)]],
      ["bool[]", arrays.bool([true, false]), [true, false]],
      ["text[]", arrays.text([]), []],
    ];
    for (const [type, parameter, expected] of rows) {
      const query = `SELECT value FROM unnest($1::${type}) WITH ORDINALITY AS u (value, n) ORDER BY n`;
      const { rows: read } = await client.query(query, [parameter]);
      expect(read.map(({ value }) => value)).toEqual(expected);
    }
    await client.end();
  });
});
