import cliProgress from "cli-progress";

/** How far a run of the pipeline is. */
export interface Counts {
  readonly documents: number;
  readonly paid: number;
  readonly recalled: number;
  readonly restarts: number;
}

export interface Progress {
  update(counts: Counts): void;
  /** Something that happened, in one line. */
  note(line: string): void;
  stop(): void;
}

/** A bar on a terminal; elsewhere a line every few seconds. */
export function showProgress(
  title: string,
  documents: number,
  stream: NodeJS.WriteStream = process.stdout,
): Progress {
  return stream.isTTY ? bar(title, documents, stream) : lines(title, documents, stream);
}

/** What the text beside the bar takes. */
const TEXT_COLUMNS = 72;

function bar(title: string, documents: number, stream: NodeJS.WriteStream): Progress {
  const bars = new cliProgress.MultiBar(
    {
      format:
        `${title} {bar} {value}/{total} documents, {paid} paid, ` +
        "{recalled} from memo, {restarts} restarts",
      barsize: Math.min(40, Math.max(8, stream.columns - TEXT_COLUMNS)),
      hideCursor: true,
      stream,
    },
    cliProgress.Presets.shades_classic,
  );
  const line = bars.create(documents, 0, { paid: 0, recalled: 0, restarts: 0 });
  const stop = () => bars.stop();
  // Brings the cursor back when the program is interrupted.
  process.once("exit", stop);
  return {
    update: ({ documents: done, ...counts }) => line.update(done, counts),
    note: (text) => bars.log(`${text}\n`),
    stop: () => {
      process.off("exit", stop);
      bars.stop();
    },
  };
}

const LINE_EVERY_MS = 2_000;

function lines(title: string, total: number, stream: NodeJS.WritableStream): Progress {
  let latest: Counts = { documents: 0, paid: 0, recalled: 0, restarts: 0 };
  let printed: Counts | undefined;
  const print = () => {
    if (latest === printed) return;
    printed = latest;
    const { documents, paid, recalled, restarts } = latest;
    stream.write(
      `${title}: ${documents}/${total} documents, ${paid} calls paid, ` +
        `${recalled} from the memo, ${restarts} restarts\n`,
    );
  };
  const timer = setInterval(print, LINE_EVERY_MS);
  return {
    update: (counts) => {
      latest = counts;
    },
    note: (text) => stream.write(`${text}\n`),
    stop: () => {
      clearInterval(timer);
      print();
    },
  };
}
