import type { History } from "../lib/index-history.ts";
import type { Check, Violation } from "./check.ts";
import { rollbackAt } from "./rollback.ts";
import { staysByModel } from "./runs.ts";

/** The way from a grant to the simulator's log of its call, and clocks, ms. */
const callSlackMs = 5;

/** Depth and concurrency in Redis, concurrency at the simulators, and calls a minute stay within their bounds. */
export const checkBounds: Check = (history) => ({
  violations: [...sampled(history, 0, "depth"), ...sampled(history, 2, "concurrency"), ...callsAtOnce(history), ...callsPerMinute(history)],
});

/**
 * What the samples say. After a bound was lowered what is above it may stay until it has left, but not rise.
 * @param at Where the value stands in a sample; its bound follows.
 */
function sampled({ samples }: History, at: 0 | 2, kind: string): Violation[] {
  const violations: Violation[] = [];
  const allowed = new Map<string, number>();
  for (const { at: time, models } of samples) {
    for (const [model, values] of Object.entries(models)) {
      const [value = 0, bound = 0] = values.slice(at);
      const limit = Math.max(bound, allowed.get(model) ?? bound);
      if (value > limit)
        violations.push({ kind, at: time, detail: `${model} had ${value} ${kind === "depth" ? "jobs" : "runs"}, its bound was ${limit}` });
      allowed.set(model, Math.max(bound, Math.min(value, limit)));
    }
  }
  return violations;
}

/** Calls under way at a simulator that belong to a run, against the most that the model's concurrency has been meanwhile. */
function callsAtOnce({ records, calls, samples }: History): Violation[] {
  const violations: Violation[] = [];
  for (const [model, { runs }] of staysByModel(records.values())) {
    const limit = Math.max(0, ...samples.map(({ models }) => models[model]?.[3] ?? 0));
    const runsById = Map.groupBy(runs, ({ record }) => record.id);
    const taken = new Set<object>();
    const changes: [at: number, by: number][] = [];
    for (const call of calls) {
      if (call.model !== model || call.id === null) continue;
      const run = (runsById.get(call.id) ?? []).findLast(({ from }) => from <= call.at + callSlackMs);
      // A second call for one run comes from a worker that stood still; what it may do is another check's matter.
      if (!run || taken.has(run)) continue;
      taken.add(run);
      const end = Math.min(call.endAt, run.to);
      if (end > call.at) changes.push([call.at, 1], [end, -1]);
    }
    let now = 0;
    for (const [at, by] of changes.toSorted((a, b) => a[0] - b[0] || a[1] - b[1])) {
      now += by;
      if (by > 0 && now > limit)
        violations.push({ kind: "concurrency", at, detail: `${model} had ${now} calls at once, of ${limit} allowed` });
    }
  }
  return violations;
}

/** In any 60 s, at the simulator. */
function callsPerMinute(history: History): Violation[] {
  return Object.entries(history.run.rpm).flatMap(([model, limit]) => {
    const times = history.calls.filter((call) => call.model === model).map(({ at }) => at);
    return times.flatMap((at, i): Violation[] => {
      const first = times[i - limit];
      if (first === undefined || at - first >= 60_000) return [];
      // What Redis forgot of the window with its death is not held against it.
      if (times.slice(i - limit, i).some((time) => rollbackAt(history, time) !== undefined)) return [];
      return [
        {
          kind: "rpm",
          at,
          detail: `${model} was called ${limit + 1} times within ${Math.round(at - first)} ms, of ${limit} a minute allowed`,
        },
      ];
    });
  });
}
