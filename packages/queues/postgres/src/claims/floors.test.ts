import { describe, expect, it } from "vitest";
import { Floors } from "./floors.ts";

const at = (priority: number, id: string) => ({ priority, id });
const START = at(0, "");

describe("The floor of a queue", () => {
  it("follows what is claimed, and starts before everything", () => {
    const floors = new Floors();
    expect(floors.begin("q")).toEqual(START);
    floors.passed("q", at(5, "b"));
    expect(floors.begin("q")).toEqual(at(5, "b"));
    expect(floors.begin("other")).toEqual(START);
  });

  it("is lowered to what becomes pending below it, and by nothing above it", () => {
    const floors = new Floors();
    floors.begin("q");
    floors.passed("q", at(5, "b"));
    floors.lower("q", at(5, "c"));
    expect(floors.begin("q")).toEqual(at(5, "b"));
    floors.lower("q", at(5, "a"));
    expect(floors.begin("q")).toEqual(at(5, "a"));
    floors.lower("q", at(1, "z"));
    expect(floors.begin("q")).toEqual(at(1, "z"));
    floors.lower("q");
    expect(floors.begin("q")).toEqual(START);
  });

  it("is not raised over what became pending while the statement was under way", () => {
    const floors = new Floors();
    floors.begin("q");
    floors.lower("q", at(5, "a"));
    floors.passed("q", at(5, "c"));
    expect(floors.begin("q")).toEqual(at(5, "a"));
    floors.lower("q", at(5, "b"));
    floors.passed("q", at(5, "d"));
    expect(floors.begin("q")).toEqual(at(5, "b"));
    floors.passed("q", at(5, "d"));
    expect(floors.begin("q")).toEqual(at(5, "d"));
  });

  it("is gone for all queues when everything is to be looked at, also for what is under way", () => {
    const floors = new Floors();
    for (const queue of ["a", "b"]) {
      floors.begin(queue);
      floors.passed(queue, at(1, "x"));
    }
    floors.begin("a");
    floors.reset();
    floors.passed("a", at(2, "x"));
    expect([floors.begin("a"), floors.begin("b")]).toEqual([START, START]);
  });
});
