import type { History } from "../lib/index-history.ts";
import type { Check, Violation } from "./check.ts";
import { awayMs, machineLag } from "./conditions.ts";
import { diedAfter, rollbackAt } from "./rollback.ts";

/** An outcome reaches a process that can reach Redis within this time, ms. */
const tellingMs = 3_000;

const ends = new Set(["completed", "failed", "cancelled", "expired"]);

/** Every accepted request has one outcome, and whoever waits for it and lives is given it. */
export const checkOutcomes: Check = (history) => {
  const violations: Violation[] = [];
  let rolledBack = 0;
  const fromCache = new Set(history.outcomes.filter(({ cached }) => cached).map(({ id }) => id));
  for (const { id, at, p, n, via = p } of history.accepted) {
    if (history.records.has(id)) continue;
    const submitterDied = diedAfter(history, p, at) || diedAfter(history, via, at);
    // Given from the cache at once, by a process that died before it had booked that: its caller has the answer, and nobody else asked.
    if (submitterDied && fromCache.has(id)) continue;
    if (rollbackAt(history, at) !== undefined && submitterDied) rolledBack += 1;
    else violations.push({ kind: "lost", id, at, detail: `accepted for ${p} as ${n}, and Redis knows nothing of it at the end` });
  }
  for (const { id, state, at, model } of history.records.values()) {
    if (!ends.has(state)) violations.push({ kind: "lost", id, at, detail: `accepted, and still ${state} at ${model} at the end` });
  }
  for (const { id, p, r, at } of history.waiting) {
    // Its answer was on its way when that was asked.
    if (history.outcomes.some((told) => told.p === p && told.r === r && told.id === id && told.at >= at)) continue;
    violations.push({ kind: "unanswered", at, detail: `${p} still waits for ${r} at the end`, ...(id !== undefined && { id }) });
  }
  for (const { id, p, r, at, code, message, via = [] } of history.gaveUp) {
    // Told that Redis is away, or asked for what Redis's death took back: that is an answer, if no outcome.
    if (code === "REDIS_UNAVAILABLE" || (code === "UNKNOWN_REQUEST" && !history.records.has(id))) continue;
    const settledAt = history.records.get(id)?.settledAt;
    // A process that could not reach Redis for most of the time says so by giving up, some seconds after the budget.
    if (settledAt !== undefined && at - settledAt - awayMs(history, settledAt, at, [p, ...via]) < tellingMs) continue;
    violations.push({ kind: "unanswered", id, at, detail: `${p} was given no outcome for ${r}: ${message}` });
  }
  for (const { code, n, p, at } of history.refused) {
    if (code.startsWith("INTERNAL") || code.startsWith("THROWN"))
      violations.push({ kind: "unanswered", at, detail: `${p} was told nothing that it could act on for ${n}: ${code}` });
  }
  violations.push(...toldLate(history));
  return { violations, rolledBack };
};

/** Outcomes that reached who had submitted the request much later than they were stored, though it could reach Redis. */
function toldLate(history: History): Violation[] {
  const acceptedAt = new Map(history.accepted.map(({ p, n, at }) => [`${p} ${n}`, at]));
  return history.outcomes.flatMap(({ id, p, r, at, via = [] }) => {
    const submittedAt = acceptedAt.get(`${p} ${r}`);
    const settledAt = history.records.get(id)?.settledAt;
    if (submittedAt === undefined || settledAt === undefined) return [];
    const since = Math.max(submittedAt, settledAt);
    if (at - since < tellingMs || at - since - awayMs(history, since, at, [p, ...via]) < tellingMs + machineLag(history, since, at))
      return [];
    return [{ kind: "told-late", id, at, detail: `${p} was given the outcome of ${r} ${at - since} ms after it was stored` }];
  });
}
