/** Ends this process when the one that forked it has died, and does not keep it alive for that. */
export function exitWithParent(): void {
  process.on("disconnect", () => process.exit(1));
  process.channel?.unref();
}
