/** One key for a dedup key and its queue, either of which may hold any character. */
export function dedupPlace(queue: string, dedupKey: string): string {
  return `${queue.length} ${queue}${dedupKey}`;
}
