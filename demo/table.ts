import type { ModelSummary, Summary } from "./summary.ts";

/** The summary as two tables and a verdict. */
export function formatSummary(summary: Summary): string {
  const classes = Object.entries(summary.perClass).map(([name, row]) => [
    name,
    row.count,
    row.refused,
    row.waitP50Ms,
    row.waitP95Ms,
    row.totalP50Ms,
    row.totalP95Ms,
  ]);
  const models = Object.entries(summary.perModel).map(([name, row]) => [
    row.simulated ? `${name} (simulated)` : name,
    row.answered,
    row.movedIn,
    row.movedOut,
    history(row),
  ]);
  return [
    "",
    ...table(["class", "count", "refused", "wait p50", "wait p95", "total p50", "total p95 (ms)"], classes),
    "",
    ...table(["model", "answered", "moved in", "moved out", "breaker"], models),
    "",
    `${summary.requests} requests = ${summary.completed} completed + ${summary.failed} failed + ${summary.refused} refused, in ${seconds(summary.durationMs)}.`,
    `${summary.cacheHits} served by the cache, ${summary.moved} moved between models, ${summary.recovered} run again after their worker was killed (${summary.paidTwice} of them paid twice).`,
    `Lost: ${summary.lost}. Duplicated: ${summary.duplicated}.`,
  ].join("\n");
}

function history({ breaker }: ModelSummary): string {
  return ["closed", ...breaker.map(({ state, atMs }) => `${state} at ${seconds(atMs)}`)].join(", ");
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

type Cell = string | number | null;

/** Numbers stand to the right, text to the left. */
function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string[] {
  const text = (cell: Cell | undefined) => String(cell ?? "–");
  const isText = (column: number) => rows.every((row) => typeof row[column] === "string");
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => text(row[column]).length)));
  const line = (cells: readonly Cell[]) =>
    cells
      .map((cell, column) => (isText(column) ? text(cell).padEnd(widths[column] ?? 0) : text(cell).padStart(widths[column] ?? 0)))
      .join("  ")
      .trimEnd();
  return [line(head), widths.map((width) => "─".repeat(width)).join("  "), ...rows.map(line)];
}
