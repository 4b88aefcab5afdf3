import { describe, expect, it } from "vitest";
import { Gather } from "./gather.ts";

describe("Questions that are gathered", () => {
  it("share a fetch with those of the same moment, and with those that come while two are under way", async () => {
    const fetched: number[][] = [];
    const answers: (() => void)[] = [];
    const gather = new Gather<number, number>(async (keys) => {
      fetched.push([...keys]);
      await new Promise<void>((resolve) => answers.push(resolve));
      return keys.map((key) => key * 2);
    });
    const ask = async (...keys: number[]) => {
      const asked = keys.map((key) => gather.get(key));
      await Promise.resolve();
      return asked;
    };
    const first = await ask(1, 2);
    const second = await ask(3);
    const third = [...(await ask(4)), ...(await ask(5, 4))];
    expect(fetched).toEqual([[1, 2], [3]]);
    answers.shift()?.();
    expect(await Promise.all(first)).toEqual([2, 4]);
    expect(fetched[2]).toEqual([4, 5, 4]);
    for (const answer of answers) answer();
    expect(await Promise.all([...second, ...third])).toEqual([6, 8, 10, 8]);
  });

  it("fail together, and the next are asked again", async () => {
    let isDown = true;
    const gather = new Gather<number, number>(async (keys) => {
      if (isDown) throw new Error("down");
      return keys;
    });
    const outcomes = await Promise.allSettled([gather.get(1), gather.get(2)]);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    isDown = false;
    expect(await gather.get(3)).toBe(3);
  });
});
