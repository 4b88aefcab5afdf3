import { describe, expect, it } from "vitest";
import { UsageError } from "./demo-error.ts";
import { parseOptions } from "./options.ts";

describe("parseOptions", () => {
  it("takes 200 documents of the installed packages and 5 kills when nothing is given", () => {
    expect(parseOptions([])).toEqual({
      kind: "run",
      directory: undefined,
      documents: 200,
      kills: 5,
      seed: undefined,
      store: undefined,
      queue: undefined,
    });
  });

  it("takes the directory, the numbers and the store in any order", () => {
    const args = [
      "--kills",
      "0",
      "notes",
      "--seed=7",
      "--store",
      "s3://b/p",
      "--documents",
      "12",
      "--queue=postgres://host/db",
    ];
    expect(parseOptions(args)).toEqual({
      kind: "run",
      directory: "notes",
      documents: 12,
      kills: 0,
      seed: 7,
      store: "s3://b/p",
      queue: "postgres://host/db",
    });
  });

  it("answers --help whatever else is given", () => {
    expect(parseOptions(["--kills", "many", "--help"])).toEqual({ kind: "help" });
  });

  it.each([
    [["--documents", "0"], '--documents is "0": give a whole number from 1 to 5000'],
    [["--documents", "5001"], '--documents is "5001": give a whole number from 1 to 5000'],
    [["--kills", "2.5"], '--kills is "2.5": give a whole number from 0 to 100'],
    [["--kills", ""], '--kills is "": give a whole number from 0 to 100'],
    [["--seed", "abc"], '--seed is "abc": give a whole number from 0 to 4294967295'],
    [["--queue", "redis://h"], '--queue is "redis://h": give the URL of a server, postgres://...'],
    [["a", "b"], "give one directory, not 2: a b"],
    [[""], "the directory is an empty string"],
  ])("refuses %j and says what is allowed", (args, message) => {
    expect(() => parseOptions(args)).toThrow(new UsageError(message));
  });

  it("refuses an option that it does not know, naming it", () => {
    expect(() => parseOptions(["--workers", "3"])).toThrow(/--workers/);
    expect(() => parseOptions(["--workers", "3"])).toThrow(UsageError);
  });
});
