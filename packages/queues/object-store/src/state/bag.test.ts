import { seededRandom } from "@wf/testing";
import { expect, it } from "vitest";
import { Bag, type Placed } from "./bag.ts";

it("a Bag holds what a Set would hold", () => {
  const random = seededRandom(1);
  const items: Placed[] = Array.from({ length: 100 }, () => ({ place: -1 }));
  const bag = new Bag<Placed>();
  const model = new Set<Placed>();
  for (let step = 0; step < 10_000; step++) {
    const item = items[Math.floor(random() * items.length)] as Placed;
    if (model.delete(item)) bag.delete(item);
    else {
      model.add(item);
      bag.add(item);
    }
    expect(bag.size).toBe(model.size);
  }
  expect(new Set(bag)).toEqual(model);
  for (const item of items) expect(item.place >= 0).toBe(model.has(item));
});
