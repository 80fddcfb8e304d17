import { fileURLToPath } from "node:url";
import { spawnNode } from "@llm-router/testkit";
import { expect, test } from "vitest";

const script = new URL("../scripts/test.mjs", import.meta.url);
const cases = fileURLToPath(new URL("fixtures/outcomes", import.meta.url));

/** Runs `npm test`'s script on some of the fixture files. */
async function runTests(files: string[]) {
  await using child = spawnNode(script, { args: ["--root", cases, ...files], env: { NODE_OPTIONS: undefined, VITEST: undefined } });
  const { code } = await child.exited;
  return { code, lastLine: child.stdout().at(-1), progress: child.stderr().join("\n") };
}

test("a run with passing tests and explained skips exits 0, and its last line counts them", async () => {
  const run = await runTests(["reasoned"]);
  expect(run).toMatchObject({ code: 0, lastLine: "1 passed, 0 failed, 1 skipped" });
  expect(run.progress).toContain("is skipped with a reason: needs a GPU");
});

test("a skip without a reason fails the run", async () => {
  const run = await runTests(["unexplained"]);
  expect(run).toMatchObject({ code: 1, lastLine: "1 passed, 0 failed, 1 skipped" });
  expect(run.progress).toContain("without a reason, which fails the run: unexplained.case.ts > is skipped without a reason");
});

test("failing tests and files that do not load are counted and fail the run", async () => {
  expect(await runTests(["failing", "broken"])).toMatchObject({ code: 1, lastLine: "1 passed, 2 failed, 0 skipped" });
});

test("a run without a test fails", async () => {
  const run = await runTests(["nothing-like-this"]);
  expect(run).toMatchObject({ code: 1, lastLine: "0 passed, 0 failed, 0 skipped" });
  expect(run.progress).toContain("no test ran");
});
