import { cpus } from "node:os";
import { formatTable } from "@llm-router/service-kit/format-table";

/** What a bench prints: figures by side, goals, and how it was run. */
export interface Report {
  name: string;
  /** Ours against the baseline, as the goal is stated. */
  ratio: number;
  [field: string]: unknown;
}

/** A line of the table for people. */
export interface GoalLine {
  what: string;
  ours: string;
  baseline: string;
  ratio: number;
  /** Such as `≥ 0.6`; empty where there is none. */
  goal: string;
}

/** Says a goal and whether it was met. */
function judge(line: GoalLine): string {
  const [sign, bound] = [line.goal.slice(0, 1), Number(line.goal.slice(1))];
  if (line.goal === "") return "";
  return (sign === "≥" ? line.ratio >= bound : line.ratio <= bound) ? "met" : "missed";
}

/** Prints the table (to stderr with `--json`) and, with `--json`, the report as the last line of stdout. */
export function printReport(report: Report, lines: readonly GoalLine[], json: boolean): void {
  const table = formatTable(
    ["", "ours", "baseline", "ratio", "goal", ""],
    lines.map((line) => [line.what, line.ours, line.baseline, line.ratio.toFixed(2), line.goal, judge(line)]),
  );
  (json ? console.error : console.log)(table);
  if (json)
    console.log(JSON.stringify({ ...report, machine: { node: process.version, cpus: cpus().length, cpu: cpus()[0]?.model ?? "" } }));
}
