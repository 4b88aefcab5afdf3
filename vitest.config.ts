import { defineConfig } from "vitest/config";

export default defineConfig({
  // Packages resolve to their sources through this condition, so tests need no build.
  resolve: { conditions: ["@wf/source"] },
  ssr: { resolve: { conditions: ["@wf/source"] } },
  test: {
    // For a loaded machine: no test waits for real time, so none is slow on its own account.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    // CommonJS packages look to the tests as they look to Node.
    deps: { interopDefault: false },
    // One less than there are cores would be half of a small machine.
    maxWorkers: "100%",
    include: [
      "packages/**/*.test.ts",
      "examples/**/*.test.ts",
      "scripts/**/*.test.ts",
      "bench/**/*.test.ts",
      "docs/**/*.test.ts",
      "simulation/**/*.test.ts",
      "test-support/**/*.test.ts",
    ],
    exclude: ["**/node_modules/**", "**/dist/**"],
  },
});
