/** What something took. */
export interface Taken {
  readonly seconds: number;
  /** CPU time of the whole process, all its threads, user and system. */
  readonly cpuMicros: number;
}

/** Starts to measure; the function that it returns says what was taken since. */
export function stopwatch(): () => Taken {
  const cpu = process.cpuUsage();
  const start = performance.now();
  return () => {
    const seconds = (performance.now() - start) / 1_000;
    const { user, system } = process.cpuUsage(cpu);
    return { seconds, cpuMicros: user + system };
  };
}

/** Milliseconds that `action` took. */
export async function millisecondsOf(action: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await action();
  return performance.now() - start;
}
