import type { Check } from "./check.ts";
import { awayMs, machineLag } from "./conditions.ts";

/** A request ends so shortly after its budget, ms. */
const promisedMs = 1_000;

/** A request whose budget is over ends within a second, while Redis and a process are up. */
export const checkBudgets: Check = (history) => ({
  violations: [...history.records.values()].flatMap(({ id, deadline, settledAt, state }) => {
    if (settledAt === undefined || settledAt - deadline <= promisedMs) return [];
    const late = settledAt - deadline;
    if (late <= promisedMs + awayMs(history, deadline, settledAt) + machineLag(history, deadline, settledAt)) return [];
    return [{ kind: "budget", id, at: settledAt, detail: `${state} ${late} ms after its budget had ended` }];
  }),
});
