import assert from "node:assert/strict";
import { assertBody, text } from "../assertions.ts";
import { collect, type ObjectStoreCase } from "./object-store-case.ts";

export const CONSISTENCY_CASES: readonly ObjectStoreCase[] = [
  {
    id: "consistency-001",
    title: "get and list see each create, replacement and delete as soon as it has resolved",
    async run({ store }) {
      const look = async () => {
        const listed = await collect(store.list(""));
        const range = { offset: 0, length: 4 };
        const [whole, start] = [await store.get("key"), await store.get("key", { range })];
        return { listed: listed.map(({ key, size }) => [key, size]), whole, start };
      };
      const assertSeen = async (body: string) => {
        const { listed, whole, start } = await look();
        assert.deepEqual(listed, [["key", body.length]], body);
        assertBody(whole, text(body));
        assertBody(start, text(body.slice(0, 4)));
      };
      for (let round = 0; round < 10; round++) {
        assert.deepEqual(await look(), { listed: [], whole: undefined, start: undefined });
        await store.put("key", text(`created in round ${round}`), { ifAbsent: true });
        await assertSeen(`created in round ${round}`);
        await store.put("key", text(`replaced ${round}`));
        await assertSeen(`replaced ${round}`);
        await store.delete(round % 2 === 0 ? "key" : ["key"]);
      }
    },
  },
  {
    id: "consistency-002",
    title: "keys that appear one after the other are each seen by the next listing",
    async run({ store }) {
      for (let count = 1; count <= 30; count++) {
        const key = `log/${String(count).padStart(4, "0")}`;
        assert.equal(await store.get(key), undefined);
        await store.put(key, text(key), { ifAbsent: true });
        const listed = await collect(store.list("log/"));
        assert.equal(listed.length, count);
        assert.equal(listed.at(-1)?.key, key);
      }
    },
  },
];
