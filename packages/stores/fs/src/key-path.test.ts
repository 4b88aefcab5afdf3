import { seededRandom } from "@wf/testing";
import { describe, expect, it } from "vitest";
import { directoryPath, directorySegment, objectPath, objectSegment } from "./key-path.ts";

const ALPHABET = "abcxyzABCXYZ0189._=-";

function randomSegments(count: number): string[] {
  const random = seededRandom(1);
  const pick = (limit: number) => Math.floor(random() * limit);
  const character = () => ALPHABET.charAt(pick(ALPHABET.length));
  // No segment ends in a dot.
  return Array.from({ length: count }, () =>
    Array.from({ length: 1 + pick(200) }, character)
      .join("")
      .replace(/\.$/, "x"),
  );
}

describe("the path of a key", () => {
  it("is as its documentation shows it", () => {
    expect(objectPath("log/1/a")).toBe("log/1/a+");
    expect(objectPath("log/1")).toBe("log/1+");
    expect(objectPath("Ab/README")).toBe("ab,1/readme+v1");
    expect(directoryPath("Ab/c/")).toBe("ab,1/c/");
    expect(directoryPath("")).toBe("");
  });

  it("gives the segment back, as an object's name and as a directory's", () => {
    for (const segment of ["a", "A", "z".repeat(200), "Z".repeat(200), ...randomSegments(2_000)]) {
      expect(objectSegment(objectPath(segment))).toBe(segment);
      expect(directorySegment(directoryPath(`${segment}/`).slice(0, -1))).toBe(segment);
    }
  });

  it("has no capitals and no name over 255 bytes, so that every file system keeps it apart", () => {
    for (const segment of ["Z".repeat(200), ...randomSegments(2_000)]) {
      const path = objectPath(`${segment}/${segment}`);
      expect(path).toBe(path.toLowerCase());
      for (const name of path.split("/")) expect(name.length).toBeLessThanOrEqual(241);
    }
  });

  it("never makes an object's name a directory's, nor one that starts with a mark", () => {
    for (const segment of randomSegments(500)) {
      expect(directorySegment(objectPath(segment))).toBeUndefined();
      expect(objectSegment(directoryPath(`${segment}/`).slice(0, -1))).toBeUndefined();
      expect(objectPath(segment)).toMatch(/^[^+,]/);
    }
  });

  it("is not found in names that it would not have made", () => {
    const foreign = [
      "lost+found",
      "a",
      ".DS_Store",
      "A+",
      "a+0",
      "a+2",
      "a+10",
      "1+1",
      "+",
      "+tmp",
      "a++",
      "a b+",
      ".+",
      "..+",
      `${"a".repeat(201)}+`,
    ];
    for (const name of foreign) expect(objectSegment(name), name).toBeUndefined();
    for (const name of ["+tmp", "a+", "A", "a,", "a,0", "a,2", "1,1", ",1", "lost+found"]) {
      expect(directorySegment(name), name).toBeUndefined();
    }
  });
});
