/** Loaded before a server that is a child process: ends it with the parent, however that ends. */
process.stdin.on("end", () => process.exit()).resume();
