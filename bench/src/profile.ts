import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { markdownTable } from "./table.ts";

/** What `node --cpu-prof` writes, as far as it is read here. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: {
      readonly functionName: string;
      readonly url: string;
      readonly lineNumber: number;
    };
  }[];
  /** The node that each sample found, and the microseconds since the sample before. */
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export interface SelfTime {
  readonly name: string;
  /** Of the time in which the process was not idle, in percent. */
  readonly percent: number;
}

/** Where the process itself was, by function, the most first. */
export function selfTimes({ nodes, samples, timeDeltas }: CpuProfile): SelfTime[] {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, describe(callFrame)]));
  const micros = new Map<string, number>();
  let busy = 0;
  for (const [index, id] of samples.entries()) {
    const name = names.get(id) ?? "(unknown)";
    if (name === "(idle)") continue;
    const delta = timeDeltas[index] ?? 0;
    busy += delta;
    micros.set(name, (micros.get(name) ?? 0) + delta);
  }
  return [...micros]
    .map(([name, time]) => ({ name, percent: (time / busy) * 100 }))
    .sort((a, b) => b.percent - a.percent);
}

/** The functions that took the most, of the profiles in a directory, one table a process. */
export function profileReport(directory: string, top: number): string {
  const tables = readdirSync(directory)
    .filter((file) => file.endsWith(".cpuprofile"))
    .map((file) => {
      const profile: CpuProfile = JSON.parse(readFileSync(join(directory, file), "utf8"));
      const rows = selfTimes(profile)
        .slice(0, top)
        .map(({ name, percent }) => [percent.toFixed(1), name]);
      return `${file}\n\n${markdownTable(["self %", "function"], rows, new Set([0]))}`;
    });
  return tables.join("\n\n");
}

function describe(frame: CpuProfile["nodes"][0]["callFrame"]): string {
  const name = frame.functionName || "(anonymous)";
  if (frame.url === "") return name;
  return `${name} ${basename(frame.url)}:${frame.lineNumber + 1}`;
}
