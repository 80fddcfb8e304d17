import type { Check, Violation } from "./check.ts";

/** The counters that everybody is shown are what the records say. */
export const checkStats: Check = ({ stats, records, refused, transitions }) => {
  const all = [...records.values()];
  const expected = new Map<string, number>();
  const add = (field: string, by = 1): void => void expected.set(field, (expected.get(field) ?? 0) + by);
  for (const state of ["completed", "failed", "cancelled", "expired"]) add(state, 0);
  for (const { state, classRank, modelUsed, history, attempts, settledAt, coalesced, cached } of all) {
    if (settledAt !== undefined) {
      add(state);
      add(`class:${classRank}`);
    }
    // An answer counts for the model that was called for it.
    if (modelUsed !== undefined && !coalesced && cached === undefined) add(`model:${modelUsed}`);
    if (cached !== undefined) add("cacheHits");
    add("recovered", attempts.filter(({ errorCode }) => errorCode === "WORKER_LOST").length);
    for (const { type, model, detail } of history) {
      if (type !== "moved") continue;
      add(`in:${model ?? ""}`);
      add(`out:${String(detail?.["from"])}`);
    }
  }
  for (const { model, state } of transitions) if (state === "open") add(`opened:${model}`);
  const sums = sumsOf(stats);
  const violations: Violation[] = [...expected].flatMap(([field, count]) => {
    const counted = sums[field] ?? 0;
    return counted === count ? [] : [{ kind: "stats", detail: `${field} is counted ${counted} times, the history has ${count}` }];
  });
  // Not every refusal reaches somebody who writes it down.
  const seen = refused.filter(({ code }) => dispatchRefusals.has(code)).length;
  const counted = Number(stats["refused"] ?? 0);
  if (counted < seen)
    violations.push({ kind: "stats", detail: `refused is counted ${counted} times, producers were refused ${seen} times` });
  return { violations };
};

/** The counters with the sums that are made of `n:<state>:<class>:<model>`, one of which each ending raises. */
function sumsOf(stats: Readonly<Record<string, string>>): Record<string, number> {
  const sums: Record<string, number> = {};
  const add = (name: string, count: number): void => void (sums[name] = (sums[name] ?? 0) + count);
  for (const [field, text] of Object.entries(stats)) {
    const count = Number(text);
    const [, state, rank, model] = /^n:(\w+):(\d):(.*)$/.exec(field) ?? [];
    add(field, count);
    if (state === undefined) continue;
    add(state, count);
    add(`class:${rank}`, count);
    if (state === "completed" && model !== "") add(`model:${model}`, count);
  }
  return sums;
}

const dispatchRefusals = new Set(["QUEUE_FULL", "ALL_MODELS_UNAVAILABLE", "NO_WORKER", "BUDGET_TOO_SHORT"]);
