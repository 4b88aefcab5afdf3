import { objectStoreConformance } from "@wf/testing";
import { describe, it } from "vitest";
import { TemplateObjectStore } from "./index.ts";

objectStoreConformance(
  { describe, it },
  {
    name: "TemplateObjectStore",
    // Objects on a page of its listings, and whether there is no network on the way: see ObjectStoreSubject.
    pageSize: 100,
    isLocal: true,
    // Called for every case: each has a store of its own. A store with a server gives its `faults` as well.
    open: () => ({ store: new TemplateObjectStore() }),
  },
);
