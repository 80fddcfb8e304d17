import type { Report } from "./report.ts";

const shownPerKind = 5;
const say = (line: string): void => void process.stderr.write(`fuzz: ${line}\n`);

/** What people want to see goes to stderr; the last line of stdout is the report as one JSON object. */
export function printReport(report: Report, json: boolean): void {
  const { violations, recoveryMs, ...rest } = report;
  for (const [kind, own] of Map.groupBy(violations, (violation) => violation.kind)) {
    say(`VIOLATION ${kind}: ${own.length}`);
    for (const { id, at, detail } of own.slice(0, shownPerKind))
      say(`  ${[at, id, detail].filter((part) => part !== undefined).join("  ")}`);
  }
  for (const [kind, { p50, p95, max, count }] of Object.entries(recoveryMs))
    say(`recovery ${kind.padEnd(24)} p50 ${p50}  p95 ${p95}  max ${max} ms  (${count})`);
  if (!json) say(JSON.stringify(rest));
  say(violations.length === 0 ? "no violation" : `${violations.length} violations`);
  console.log(JSON.stringify(report));
}
