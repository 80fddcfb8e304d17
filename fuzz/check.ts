// Judges a saved history again: pnpm fuzz:check FILE [--json]
import { parseArgs } from "node:util";
import { indexHistory } from "./lib/index-history.ts";
import { readLines } from "./lib/log-file.ts";
import { printReport } from "./lib/print.ts";
import { report } from "./lib/report.ts";

const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: "boolean" } } });
const [file] = positionals;
if (file === undefined) {
  console.error("usage: pnpm fuzz:check FILE [--json]");
  process.exit(2);
}
const judged = report(indexHistory(readLines(file)));
printReport(judged, values.json === true);
process.exitCode = judged.violations.length === 0 ? 0 : 1;
