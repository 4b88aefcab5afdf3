import { describe, expect, it } from "vitest";
import { Limiter } from "./limiter.ts";

describe("Limiter", () => {
  it("runs as many as allowed at a time, in the order of arrival, past failures", async () => {
    const limiter = new Limiter(2);
    const order: number[] = [];
    let running = 0;
    let most = 0;
    const tasks = Array.from({ length: 20 }, (_, i) =>
      limiter.run(async () => {
        order.push(i);
        most = Math.max(most, ++running);
        await new Promise((done) => setImmediate(done));
        running--;
        if (i % 3 === 0) throw new Error(`task ${i}`);
        return i;
      }),
    );
    const results = await Promise.allSettled(tasks);
    expect(order).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(most).toBe(2);
    expect(results.filter(({ status }) => status === "rejected")).toHaveLength(7);
    expect(await limiter.run(async () => "free again")).toBe("free again");
  });
});
