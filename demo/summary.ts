import { type PriorityClass, priorityClasses, type Stats } from "@llm-router/client";
import type { Audit } from "./audit.ts";
import type { BreakerChange } from "./breaker-watch.ts";
import type { Entry } from "./traffic.ts";

interface ClassSummary {
  /** Requests of the class, refused ones included. */
  count: number;
  completed: number;
  refused: number;
  /** Of those completed, ms; null where there are none. Wait: in queues. Total: from acceptance to the answer. */
  waitP50Ms: number | null;
  waitP95Ms: number | null;
  totalP50Ms: number | null;
  totalP95Ms: number | null;
}

export interface ModelSummary {
  simulated: boolean;
  /** Requests that it answered itself, cache hits not counted. */
  answered: number;
  movedIn: number;
  movedOut: number;
  /** Its breaker's changes, with the time since the demo began. */
  breaker: { state: string; atMs: number }[];
}

/** What `--json` prints. completed + failed + refused = requests, when nothing was lost. */
export interface Summary {
  requests: number;
  completed: number;
  /** Accepted, with an end that is no answer. */
  failed: number;
  /** Not accepted: the caller was told why at once. */
  refused: number;
  /** Accepted, without any end. */
  lost: number;
  duplicated: number;
  paidTwice: number;
  cacheHits: number;
  /** Times that a request went from one model's queue to another's. */
  moved: number;
  /** Requests whose worker was killed under them, and that ran again. */
  recovered: number;
  workersKilled: number;
  breakerOpened: number;
  perClass: Record<PriorityClass, ClassSummary>;
  perModel: Record<string, ModelSummary>;
  durationMs: number;
  /** Every process that the demo started. */
  pids: number[];
}

export interface SummaryInput {
  entries: readonly Entry[];
  audit: Audit;
  stats: Stats;
  /** llm-router's names of the models, and whether a simulator plays them. */
  models: readonly { name: string; simulated: boolean }[];
  breakerChanges: readonly BreakerChange[];
  /** When the demo began, on Redis's clock. */
  startedAt: number;
  workersKilled: number;
  durationMs: number;
  pids: readonly number[];
}

export function summarise(input: SummaryInput): Summary {
  const { entries, audit, stats, models, breakerChanges } = input;
  const countOf = (state: Entry["state"]) => entries.filter((entry) => entry.state === state).length;
  const results = entries.flatMap(({ outcome }) => (outcome?.state === "completed" ? [outcome.result] : []));
  const modelSummary = (name: string, simulated: boolean): ModelSummary => ({
    simulated,
    answered: results.filter(({ modelUsed, cached }) => modelUsed === name && cached === false).length,
    movedIn: stats.movedIn[name] ?? 0,
    movedOut: stats.movedOut[name] ?? 0,
    breaker: breakerChanges
      .filter(({ model }) => model === name)
      .map(({ state, at }) => ({ state, atMs: Math.max(0, Math.round(at - input.startedAt)) })),
  });
  return {
    requests: entries.length,
    completed: countOf("completed"),
    failed: countOf("failed"),
    refused: countOf("refused"),
    lost: countOf("lost") + countOf("open"),
    duplicated: audit.duplicated.length,
    paidTwice: audit.paidTwice,
    cacheHits: results.filter(({ cached }) => cached !== false).length,
    moved: Object.values(stats.movedIn).reduce((sum, count) => sum + count, 0),
    recovered: stats.recovered,
    workersKilled: input.workersKilled,
    breakerOpened: breakerChanges.filter(({ state }) => state === "open").length,
    perClass: Object.fromEntries(priorityClasses.map((name) => [name, summariseClass(entries, name)])) as Summary["perClass"],
    perModel: Object.fromEntries(models.map(({ name, simulated }) => [name, modelSummary(name, simulated)])),
    durationMs: Math.round(input.durationMs),
    pids: [...input.pids],
  };
}

function summariseClass(all: readonly Entry[], name: PriorityClass): ClassSummary {
  const entries = all.filter(({ priority }) => priority === name);
  const results = entries.flatMap(({ outcome }) => (outcome?.state === "completed" ? [outcome.result] : []));
  const waits = results.map(({ waitMs }) => waitMs);
  const totals = results.map(({ latencyMs }) => latencyMs);
  return {
    count: entries.length,
    completed: results.length,
    refused: entries.filter(({ state }) => state === "refused").length,
    waitP50Ms: percentile(waits, 50),
    waitP95Ms: percentile(waits, 95),
    totalP50Ms: percentile(totals, 50),
    totalP95Ms: percentile(totals, 95),
  };
}

/** The smallest value that so many percent of the values do not exceed, rounded. */
export function percentile(values: readonly number[], percent: number): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)];
  return value === undefined ? null : Math.round(value);
}
