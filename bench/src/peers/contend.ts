/** Has one contender do the work, in a process of its own, and tells its parent how many a second it did. */
import { stopwatch } from "../stopwatch.ts";
import { type Load, type Place, readContender } from "./contender.ts";

export interface Contest {
  /** A file in this directory. */
  readonly file: string;
  readonly place: Place;
  /** Not measured, so that code is compiled and connections are open. */
  readonly warmUp: number;
  /** Jobs or runs. */
  readonly count: number;
  readonly load: Load;
}

export type ContestResult = { readonly perSecond: number } | { readonly error: string };

/** The work is repeated until so much time has passed, so that the fast ones are measured for as long. */
const LEAST_SECONDS = 3;

// Not without the one who asked.
process.on("disconnect", () => process.exit(1));

const { file, place, warmUp, count, load } = JSON.parse(process.argv[2] as string) as Contest;

try {
  const contender = await readContender(file);
  const open = await contender.open(place, load);
  await open.work(warmUp);
  const taken = stopwatch();
  let done = 0;
  do {
    await open.work(count);
    done += count;
  } while (taken().seconds < LEAST_SECONDS);
  const perSecond = done / taken().seconds;
  await open.close();
  await send({ perSecond });
} catch (error) {
  await send({ error: error instanceof Error ? `${error.stack}` : `${error}` });
}
process.exit();

function send(result: ContestResult): Promise<void> {
  return new Promise((resolve) => process.send?.(result, () => resolve()));
}
