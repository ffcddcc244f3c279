import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    testTimeout: 180_000,
    hookTimeout: 300_000,
    globalSetup: "test/support/spark-setup.ts",
    pool: "forks",
    maxWorkers: 2,
  },
});
