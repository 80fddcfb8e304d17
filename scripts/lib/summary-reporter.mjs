import { writeFileSync } from "node:fs";

/** A vitest reporter that writes the counts, and the skipped tests with their reasons, to the file that LLMR_TEST_REPORT names. */
export default class SummaryReporter {
  onTestRunEnd(modules) {
    const report = { passed: 0, failed: 0, skipped: [] };
    for (const module of modules) {
      let failedHere = 0;
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === "passed") report.passed++;
        else if (result.state === "skipped")
          report.skipped.push({ name: `${module.relativeModuleId} > ${test.fullName}`, reason: result.note });
        else failedHere++; // failed, or never finished
      }
      // A file that fails outside its tests (an import, a hook) counts once.
      if (failedHere === 0 && !module.ok()) failedHere = 1;
      report.failed += failedHere;
    }
    const file = process.env.LLMR_TEST_REPORT;
    if (file) writeFileSync(file, JSON.stringify(report));
  }
}
