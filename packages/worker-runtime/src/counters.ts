import type { FailureKind } from "@llm-router/contracts";
import type { RunAbort } from "@llm-router/job-queue";

/** What became of a run in Redis, as the finish script answers it. */
const finishes = ["settled", "moved", "delayed", "parked", "returned", "dropped", "stale", "resent"] as const;
export type FinishStatus = (typeof finishes)[number];

/** What one process counted of a model since it started. All only rise. */
export interface RunCounters {
  /** Runs that this process was granted. */
  runs: number;
  /** Calls that gave a whole answer. */
  completed: number;
  /** Calls that failed, by kind (failures.ts). */
  failed: Partial<Record<FailureKind, number>>;
  /** Runs that were stopped from outside, by reason. */
  aborted: Partial<Record<RunAbort, number>>;
  /** Runs that ended without a call: the breaker opened before it, or the process was closing. */
  notCalled: number;
  /** What the finish script did with the runs' requests. */
  finished: Partial<Record<FinishStatus, number>>;
  /** Times that a failure reported by this process opened the breaker. */
  breakerOpened: number;
  promptTokens: number;
  completionTokens: number;
  /** Deltas appended to token streams. */
  deltas: number;
  /** Appends that failed, and were tried again. */
  appendFailures: number;
  cacheWrites: number;
  cacheWriteFailures: number;
  /** Time spent in runs, ms. */
  runMs: number;
}

export function newCounters(): RunCounters {
  return {
    runs: 0,
    completed: 0,
    failed: {},
    aborted: {},
    notCalled: 0,
    finished: {},
    breakerOpened: 0,
    promptTokens: 0,
    completionTokens: 0,
    deltas: 0,
    appendFailures: 0,
    cacheWrites: 0,
    cacheWriteFailures: 0,
    runMs: 0,
  };
}

/** Counts one more under `key`. */
export function countOne<Key extends string>(counts: Partial<Record<Key, number>>, key: Key): void {
  counts[key] = (counts[key] ?? 0) + 1;
}

export function isFinishStatus(status: string): status is FinishStatus {
  return (finishes as readonly string[]).includes(status);
}

/** The sum over all models of a process. */
export function sumCounters(all: readonly RunCounters[]): RunCounters {
  const sum = newCounters();
  for (const each of all) {
    for (const [name, value] of Object.entries(each) as [keyof RunCounters, number | Record<string, number>][]) {
      if (typeof value === "number") (sum as unknown as Record<string, number>)[name] = Number(sum[name]) + value;
      else for (const [key, count] of Object.entries(value)) addTo(sum[name] as Record<string, number>, key, count);
    }
  }
  return sum;
}

function addTo(counts: Record<string, number>, key: string, count: number): void {
  counts[key] = (counts[key] ?? 0) + count;
}
