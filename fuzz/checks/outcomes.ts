import type { Check, Violation } from "./check.ts";
import { awayMs } from "./conditions.ts";
import { diedAfter, rollbackAt } from "./rollback.ts";

/** An outcome reaches a process that can reach Redis within this time, ms. */
const tellingMs = 3_000;

const ends = new Set(["completed", "failed", "cancelled", "expired"]);

/** Every accepted request has one outcome, and whoever waits for it and lives is given it. */
export const checkOutcomes: Check = (history) => {
  const violations: Violation[] = [];
  let rolledBack = 0;
  for (const { id, at, p, n } of history.accepted) {
    if (history.records.has(id)) continue;
    if (rollbackAt(history, at) !== undefined && diedAfter(history, p, at)) rolledBack += 1;
    else violations.push({ kind: "lost", id, at, detail: `accepted for ${p} as ${n}, and Redis knows nothing of it at the end` });
  }
  for (const { id, state, at, model } of history.records.values()) {
    if (!ends.has(state)) violations.push({ kind: "lost", id, at, detail: `accepted, and still ${state} at ${model} at the end` });
  }
  for (const { id, p, r, at } of history.waiting) {
    violations.push({ kind: "unanswered", at, detail: `${p} still waits for ${r} at the end`, ...(id !== undefined && { id }) });
  }
  for (const { id, p, r, at, code, message } of history.gaveUp) {
    // Told that Redis is away, or asked for what Redis's death took back: that is an answer, if no outcome.
    if (code === "REDIS_UNAVAILABLE" || (code === "UNKNOWN_REQUEST" && !history.records.has(id))) continue;
    const settledAt = history.records.get(id)?.settledAt;
    // A process that could not reach Redis for most of the time says so by giving up, some seconds after the budget.
    if (settledAt !== undefined && at - settledAt - awayMs(history, settledAt, at, p) < tellingMs) continue;
    violations.push({ kind: "unanswered", id, at, detail: `${p} was given no outcome for ${r}: ${message}` });
  }
  return { violations, rolledBack };
};
