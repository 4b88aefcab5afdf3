import { describe, expect, it } from "vitest";
import { bytes, keysOf, openQueue, PREFIX } from "../../test-support/fixtures.ts";
import { SteeredObjectStore, turn } from "../../test-support/steered-object-store.ts";

describe("a snapshot whose last write is slow", () => {
  it("holds back the next one, so that always the newest two are kept", async () => {
    const store = new SteeredObjectStore();
    const put = store.put.bind(store);
    const slow: (() => void)[] = [];
    store.put = async (key, ...rest) => {
      if (key.endsWith("/whole")) await new Promise<void>((go) => slow.push(go));
      return put(key, ...rest);
    };
    const queue = await openQueue(store, { snapshotAfterBytes: 1 });
    for (let round = 0; round < 6; round++) {
      for (let count = 0; count < 5; count++) {
        await queue.enqueue("jobs", bytes("a"));
        await turn();
      }
      expect(slow).toHaveLength(1);
      slow.pop()?.();
      await turn();
      const whole = (await keysOf(store, `${PREFIX}/snapshots/`)).filter((key) =>
        key.endsWith("/whole"),
      );
      expect(whole).toHaveLength(round === 0 ? 1 : 2);
    }
  });
});
