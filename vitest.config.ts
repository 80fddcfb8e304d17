import { defineConfig } from "vitest/config";
import { cleanEnv } from "./scripts/lib/clean-env.ts";

// Before the test processes are started, which inherit it: no test reaches a service that it was not given.
cleanEnv(process.env);

export default defineConfig({
  test: {
    include: [
      "packages/*/test/**/*.test.ts",
      "apps/*/test/**/*.test.ts",
      "demo/test/**/*.test.ts",
      "fuzz/test/**/*.test.ts",
      "test/**/*.test.ts",
    ],
    // A process per file: tests start servers and kill processes.
    pool: "forks",
    // Most of them wait for real servers; two at a time still fit on two cores.
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    retry: 0,
    allowOnly: false,
    passWithNoTests: false,
  },
});
