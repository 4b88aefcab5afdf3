import { describe, expect, it } from "vitest";
import { parseArguments } from "./arguments.ts";

const names = ["memo", "recovery-time"];

describe("the arguments", () => {
  it("ask every question without --only, and the named ones with it", () => {
    expect(parseArguments([], names).only).toEqual([]);
    const args = ["--only", "memo", "--only=recovery-time", "--check"];
    expect(parseArguments(args, names)).toMatchObject({
      only: ["memo", "recovery-time"],
      check: true,
      peers: false,
    });
  });

  it("are refused for a question that there is not, and for an unknown option", () => {
    expect(() => parseArguments(["--only", "meno"], names)).toThrow(
      'there is no question "meno"; there are memo, recovery-time',
    );
    expect(() => parseArguments(["--chek"], names)).toThrow("--chek");
    expect(() => parseArguments(["--queue", "redis://host"], names)).toThrow(
      '--queue is "redis://host": give the URL of a server, postgres://...',
    );
  });
});
