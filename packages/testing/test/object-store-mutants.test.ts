import { afterEach, describe, expect, it } from "vitest";
import { turns } from "../src/conformance/object-store/object-store-case.ts";
import type {
  ObjectStoreSubject,
  OpenedObjectStore,
} from "../src/conformance/object-store/object-store-subject.ts";
import { runObjectStoreCase } from "../src/conformance/object-store/run-case.ts";
import { OBJECT_STORE_CASES } from "../src/conformance/object-store-conformance.ts";
import { HttpFaultProxy, MemoryObjectStore, objectStoreConformance } from "../src/index.ts";
import { FAULT_MUTANTS } from "./object-store/fault-mutants.ts";
import { serveObjects } from "./object-store/http-object-server.ts";
import { HttpObjectStore } from "./object-store/http-object-store.ts";
import { LIST_MUTANTS, PAGE_SIZE } from "./object-store/list-mutants.ts";
import { type Mutant, mutated } from "./object-store/mutant.ts";
import { READ_MUTANTS } from "./object-store/read-mutants.ts";
import { WRITE_MUTANTS } from "./object-store/write-mutants.ts";

/** After which a case that waits for ever is stopped, as a runner's timeout would. */
const HANGING_TURNS = 20_000;

const MEMORY_MUTANTS = [...WRITE_MUTANTS, ...READ_MUTANTS, ...LIST_MUTANTS];
const SETTINGS = { pageSize: PAGE_SIZE, largeBodyBytes: 1_048_576 };
const UNCHANGED = () => ({});

const closers: (() => Promise<void>)[] = [];

async function closeAll(): Promise<void> {
  await Promise.all(closers.splice(0).map((close) => close()));
}

afterEach(closeAll);

function inMemory(breakIt: Mutant["break"] = UNCHANGED): ObjectStoreSubject {
  const open = () => {
    const store = new MemoryObjectStore();
    return { store: mutated(store, breakIt(store)) };
  };
  return { name: "in memory", ...SETTINGS, open };
}

/** With a proxy that breaks the connection. */
function overHttp(breakIt: Mutant["break"] = UNCHANGED): ObjectStoreSubject {
  const open = async (): Promise<OpenedObjectStore> => {
    const server = await serveObjects(new MemoryObjectStore(), PAGE_SIZE);
    const proxy = await HttpFaultProxy.open({ target: server.url });
    closers.push(async () => {
      await proxy.close();
      await server.close();
    });
    const store = new HttpObjectStore(proxy.url);
    return { store: mutated(store, breakIt(store)), faults: proxy };
  };
  return { name: "a store over HTTP", ...SETTINGS, open };
}

function caseOf(id: string) {
  const found = OBJECT_STORE_CASES.find((objectStoreCase) => objectStoreCase.id === id);
  if (found === undefined) throw new Error(`there is no case ${id}`);
  return found;
}

// The controls: what the mutants are made of passes.
objectStoreConformance({ describe, it }, overHttp());

describe("the object store suite", () => {
  it("has an id and a title for every case that no other has", () => {
    expect(new Set(OBJECT_STORE_CASES.map(({ id }) => id)).size).toBe(OBJECT_STORE_CASES.length);
    expect(new Set(OBJECT_STORE_CASES.map(({ title }) => title)).size).toBe(
      OBJECT_STORE_CASES.length,
    );
    for (const { id } of OBJECT_STORE_CASES) expect(id).toMatch(/^[a-z-]+-\d{3}$/);
  });

  it("has no case that cannot fail: a mutant is known for each", () => {
    const killers = new Set([...MEMORY_MUTANTS, ...FAULT_MUTANTS].flatMap((m) => m.caughtBy));
    const sure = OBJECT_STORE_CASES.map(({ id }) => id).filter((id) => !killers.has(id));
    expect(sure).toEqual([]);
  });

  for (const [mutants, subject] of [
    [MEMORY_MUTANTS, inMemory],
    [FAULT_MUTANTS, overHttp],
  ] as const) {
    for (const mutant of mutants) {
      for (const id of mutant.caughtBy) {
        it(`${id} notices that ${mutant.name}`, async () => {
          expect(await runObjectStoreCase(caseOf(id), subject())).toBeUndefined();
          const run = runObjectStoreCase(caseOf(id), subject(mutant.break));
          if (mutant.hangs) {
            await Promise.race([run, turns(HANGING_TURNS)]);
            await closeAll();
          }
          await expect(run).rejects.toThrow();
        });
      }
    }
  }
});
