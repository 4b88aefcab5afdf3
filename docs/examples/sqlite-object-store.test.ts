import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { objectStoreConformance } from "@wf/testing";
import { describe, it } from "vitest"; // or "node:test"
import { SqliteObjectStore } from "./sqlite-object-store.ts";

objectStoreConformance(
  { describe, it },
  {
    name: "SqliteObjectStore",
    // Objects that it lists at once: the cases about paging need some more.
    pageSize: 100,
    // There is no way to a server on which answers could be lost.
    isLocal: true,
    // Called for every case: each has a store of its own.
    open() {
      const directory = mkdtempSync(join(tmpdir(), "wf-sqlite-"));
      const store = new SqliteObjectStore({
        path: join(directory, "objects.db"),
      });
      const close = () => {
        store.close();
        rmSync(directory, { recursive: true });
      };
      return { store, close };
    },
  },
);
