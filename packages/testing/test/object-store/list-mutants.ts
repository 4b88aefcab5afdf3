import type { ObjectMeta } from "@wf/core";
import { collect } from "../../src/conformance/object-store/object-store-case.ts";
import { listing, type Mutant } from "./mutant.ts";

/** Objects of a page of the mutants that have pages. The suite is told the same. */
export const PAGE_SIZE = 10;

export const LIST_MUTANTS: readonly Mutant[] = [
  {
    name: "a listing ends after its first page",
    caughtBy: ["paging-001", "paging-002", "paging-003", "paging-004", "paging-005"],
    break: (store) => ({ list: listing(store, (metas) => metas.slice(0, PAGE_SIZE)) }),
  },
  {
    name: "a listing drops its last key where a page is full",
    caughtBy: ["paging-001", "paging-002"],
    break: (store) => ({
      list: listing(store, (metas) =>
        metas.length % PAGE_SIZE === 0 ? metas.slice(0, -1) : metas,
      ),
    }),
  },
  {
    name: "a page begins with the last key of the one before",
    caughtBy: ["paging-001", "paging-002", "paging-003", "paging-005"],
    break: (store) => ({
      list: listing(store, (metas) =>
        metas.flatMap((meta, i) => (i % PAGE_SIZE === 0 && i > 0 ? [metas[i - 1]!, meta] : meta)),
      ),
    }),
  },
  {
    name: "pages are counted from the start of what is there now",
    caughtBy: ["list-006", "paging-004", "paging-005"],
    break: (store) => ({
      async *list(...args) {
        for (let offset = 0; ; offset += PAGE_SIZE) {
          const metas = await collect(store.list(...args));
          if (metas.length <= offset) return;
          yield* metas.slice(offset, offset + PAGE_SIZE);
        }
      },
    }),
  },
  {
    name: "a listing fails where an object that it has read about is gone",
    caughtBy: ["list-006", "paging-004"],
    break: (store) => ({
      async *list(...args) {
        for (const meta of await collect(store.list(...args))) {
          if ((await store.get(meta.key)) === undefined) throw new Error("not found");
          yield meta;
        }
      },
    }),
  },
  {
    name: "keys are in the order of a locale",
    caughtBy: ["list-001", "list-003", "round-trip-005"],
    break: (store) => ({
      list: listing(store, (metas) => metas.sort((a, b) => a.key.localeCompare(b.key, "en"))),
    }),
  },
  {
    name: "keys are in descending order",
    caughtBy: ["list-001", "list-007", "paging-001"],
    break: (store) => ({ list: listing(store, (metas) => metas.toReversed()) }),
  },
  {
    name: "keys are in the order of a directory walk",
    caughtBy: ["list-001", "keys-003"],
    break: (store) => ({
      list: listing(store, (metas) => metas.sort((a, b) => (walk(a) < walk(b) ? -1 : 1))),
    }),
  },
  {
    name: "startAfter is inclusive",
    caughtBy: ["list-003", "paging-002", "keys-003"],
    break: (store) => ({
      async *list(prefix, options) {
        const start = options?.startAfter ?? "";
        for await (const meta of store.list(prefix)) {
          options?.signal?.throwIfAborted();
          if (meta.key >= start) yield meta;
        }
      },
    }),
  },
  {
    name: "a startAfter that is no key is ignored",
    caughtBy: ["list-003", "paging-002"],
    break: (store) => ({
      async *list(prefix, options = {}) {
        const { startAfter = "", signal } = options;
        const known = (await collect(store.list(""))).some(({ key }) => key === startAfter);
        yield* store.list(prefix, known ? options : { signal });
      },
    }),
  },
  {
    name: "startAfter leaves the prefix aside",
    caughtBy: ["list-003", "paging-002"],
    break: (store) => ({
      list: (prefix, options) => store.list(options?.startAfter ? "" : prefix, options),
    }),
  },
  {
    name: "a prefix is taken for a directory",
    caughtBy: ["list-002", "list-003", "paging-001"],
    break: (store) => ({
      list: (prefix, options) =>
        store.list(prefix === "" || prefix.endsWith("/") ? prefix : `${prefix}/`, options),
    }),
  },
  {
    name: "a prefix is resolved like a path",
    caughtBy: ["list-002"],
    break: (store) => ({
      list: (prefix, options) =>
        store.list(prefix.replace(/^\.\.?\//, "").replace("//", "/"), options),
    }),
  },
  {
    name: "a listing of nothing fails",
    caughtBy: ["list-005", "keys-002", "consistency-001"],
    break: (store) => ({
      async *list(...args) {
        let count = 0;
        for await (const meta of store.list(...args)) {
          count++;
          yield meta;
        }
        if (count === 0) throw new Error("no such directory");
      },
    }),
  },
  {
    name: "a listing shows all but what was written last",
    caughtBy: ["consistency-001", "consistency-002", "list-004"],
    break(store) {
      let newest: string | undefined;
      return {
        async put(key, body, options) {
          await store.put(key, body, options);
          newest = key;
        },
        list: listing(store, (metas) => metas.filter(({ key }) => key !== newest)),
      };
    },
  },
  {
    name: "a listing shows sizes as they were at first",
    caughtBy: ["consistency-001"],
    break(store) {
      const sizes = new Map<string, number>();
      return {
        list: listing(store, (metas) =>
          metas.map((meta) => {
            const size = sizes.get(meta.key) ?? meta.size;
            sizes.set(meta.key, size);
            return { ...meta, size };
          }),
        ),
      };
    },
  },
  {
    name: "a listing shows deleted objects for some time",
    caughtBy: ["consistency-001", "delete-001", "list-006"],
    break(store) {
      let stale: ObjectMeta[] = [];
      return {
        async delete(...args) {
          const before = await collect(store.list(""));
          await store.delete(...args);
          stale = before;
        },
        async *list(prefix, options) {
          const metas = stale.filter(({ key }) => key.startsWith(prefix));
          stale = [];
          yield* metas.length > 0 ? metas : store.list(prefix, options);
        },
      };
    },
  },
  {
    name: "sizes are wrong",
    caughtBy: ["list-004", "round-trip-002", "paging-001"],
    break: (store) => ({
      list: listing(store, (metas) => metas.map((meta) => ({ ...meta, size: meta.size + 1 }))),
    }),
  },
  {
    name: "lastModified is in seconds",
    caughtBy: ["list-008"],
    break: (store) => ({
      list: listing(store, (metas) =>
        metas.map((meta) => ({ ...meta, lastModified: Math.floor(meta.lastModified / 1_000) })),
      ),
    }),
  },
  {
    name: "keys that look like numbers are read as such",
    caughtBy: ["keys-002"],
    break: (store) => ({
      list: listing(store, (metas) =>
        metas.map((meta) => ({
          ...meta,
          key: /^[\d.e]+$/.test(meta.key) ? `${+meta.key}` : meta.key,
        })),
      ),
    }),
  },
  {
    name: "keys that look like temporary files are not listed",
    caughtBy: ["keys-002"],
    break: (store) => ({
      list: listing(store, (metas) => metas.filter(({ key }) => !key.endsWith(".tmp"))),
    }),
  },
  {
    name: "listed objects are kept as members of an object",
    caughtBy: ["keys-002"],
    break: (store) => ({ list: listing(store, throughObject) }),
  },
];

/** A walk sees a directory where its name stands, without the slash. */
function walk({ key }: ObjectMeta): string {
  return key.replaceAll("/", "\u0000");
}

function throughObject(metas: readonly ObjectMeta[]): ObjectMeta[] {
  const byKey: Record<string, ObjectMeta> = {};
  for (const meta of metas) byKey[meta.key] = meta;
  return Object.values(byKey).sort((a, b) => (a.key < b.key ? -1 : 1));
}
