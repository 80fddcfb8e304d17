// Runs the tests; the last line on stdout is `N passed, N failed, N skipped`, from the runner's own results.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runChild } from "./lib/child.mjs";
import { binFolder, root } from "./lib/paths.mjs";
import { runMain, say } from "./lib/say.mjs";

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    say("the test runner ended without a report");
    return { passed: 0, failed: 0, skipped: [] };
  }
}

await runMain(async (args) => {
  const folder = mkdtempSync(join(tmpdir(), "llmr-tests-"));
  const file = join(folder, "report.json");
  try {
    const reporters = ["--reporter=default", `--reporter=${join(root, "scripts", "lib", "summary-reporter.mjs")}`];
    const code = await runChild(join(binFolder, "vitest"), ["run", ...reporters, ...args], {
      env: { ...process.env, LLMR_TEST_REPORT: file },
    });
    const report = readReport(file);
    const filtered = args.some((arg) => arg === "-t" || arg.startsWith("--testNamePattern"));
    const unexplained = filtered ? [] : report.skipped.filter((test) => !test.reason);
    for (const test of report.skipped) if (test.reason) say(`skipped: ${test.name}: ${test.reason}`);
    for (const test of unexplained) say(`skipped without a reason, which fails the run: ${test.name}. State it with context.skip("why").`);
    const ran = report.passed + report.failed;
    if (ran === 0) say("no test ran, which fails the run");
    console.log(`${report.passed} passed, ${report.failed} failed, ${report.skipped.length} skipped`);
    if (code !== 0) return code;
    return report.failed > 0 || unexplained.length > 0 || ran === 0 ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
