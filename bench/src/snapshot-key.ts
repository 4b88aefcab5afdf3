/** Whether an object of a queue at `key` completes a snapshot, which has several. */
export function completesSnapshot(key: string): boolean {
  return key.includes("/snapshots/") && key.endsWith("/whole");
}
