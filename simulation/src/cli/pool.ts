import { fork } from "node:child_process";
import { addTally, emptyTally, type Tally } from "./tally.ts";

/** Seeds that a worker is given at a time. */
const CHUNK = 25;

export interface Chunk {
  readonly first: number;
  readonly count: number;
}

export interface PoolOptions {
  readonly jobs: number;
  readonly first: number;
  /** Whether there are further seeds after so many. */
  goesOn(given: number, total: Tally): boolean;
  /** At most so many in all. */
  readonly most: number;
  /** Told after each chunk. */
  onProgress(total: Tally): void;
}

/** Runs seeds in worker processes. @throws where a worker ends by itself */
export async function runInPool(options: PoolOptions): Promise<Tally> {
  const total = emptyTally();
  let given = 0;
  const next = (): Chunk | undefined => {
    if (given >= options.most || !options.goesOn(given, total)) return undefined;
    const count = Math.min(CHUNK, options.most - given);
    const chunk = { first: options.first + given, count };
    given += count;
    return chunk;
  };
  const take = (tally: Tally) => {
    addTally(total, tally);
    options.onProgress(total);
  };
  await Promise.all(Array.from({ length: options.jobs }, () => runWorker(next, take)));
  total.failures.sort((a, b) => a.seed - b.seed);
  return total;
}

function runWorker(next: () => Chunk | undefined, take: (tally: Tally) => void): Promise<void> {
  const worker = fork(new URL("./worker.ts", import.meta.url));
  return new Promise((resolve, reject) => {
    const goOn = () => {
      const chunk = next();
      if (chunk === undefined) worker.disconnect();
      else worker.send(chunk);
    };
    worker.on("message", (tally: Tally) => {
      take(tally);
      goOn();
    });
    worker.on("error", reject);
    worker.on("exit", (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`worker ${worker.pid} ended with ${code ?? signal}`));
    });
    goOn();
  });
}
