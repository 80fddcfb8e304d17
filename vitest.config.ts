import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { cleanEnv } from "./scripts/lib/clean-env.ts";

// Before the test processes are started, which inherit it: no test reaches a service that it was not given.
cleanEnv(process.env);

/** The first of them waits for a minute to pass: begun last, they would go on alone while a processor has nothing to do. */
const longest = ["test/main-job/rate.test.ts", "fuzz/test/run.test.ts", "test/main-job/crashes.test.ts"];

const isLong = ({ moduleId }: TestSpecification): boolean => longest.some((name) => moduleId.endsWith(name));

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- a method of vitest's, not Array's
    return (await super.sort(files)).toSorted((a, b) => Number(isLong(b)) - Number(isLong(a)));
  }
}

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
    sequence: { sequencer: LongestFirst },
    // Most of them wait for real servers; two at a time still fit on two cores.
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    retry: 0,
    allowOnly: false,
    passWithNoTests: false,
  },
});
