import type { History } from "../lib/index-history.ts";
import type { Check } from "./check.ts";

/** A request ends so shortly after its budget, ms. */
const promisedMs = 1_000;
/** After Redis came back, for the processes to find it again, ms. */
const reconnectMs = 1_500;

/** A request whose budget is over ends within a second, while Redis and a process are up. */
export const checkBudgets: Check = (history) => ({
  violations: [...history.records.values()].flatMap(({ id, deadline, settledAt, state }) => {
    if (settledAt === undefined) return [];
    const late = settledAt - deadline;
    if (late <= promisedMs || late <= promisedMs + awayMs(history, deadline, settledAt)) return [];
    return [{ kind: "budget", id, at: settledAt, detail: `${state} ${late} ms after its budget had ended` }];
  }),
});

/** For how much of the time nobody could reach Redis. */
function awayMs({ faults }: History, from: number, to: number): number {
  return faults
    .filter(({ redisAway }) => redisAway === "all")
    .reduce((sum, { at, endAt }) => sum + Math.max(0, Math.min(to, endAt + reconnectMs) - Math.max(from, at)), 0);
}
