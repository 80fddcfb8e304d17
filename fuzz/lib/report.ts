import { judge } from "../checks/index.ts";
import type { Violation } from "../checks/check.ts";
import type { History } from "./index-history.ts";
import { type Recovery, recoveryOf } from "./recovery.ts";

/** The last line of a run's output. */
export interface Report {
  seed: number;
  minutes: number;
  fsync: string;
  mutant?: string;
  /** Requests that Redis accepted; submissions that were refused. */
  accepted: number;
  refused: number;
  /** By state. */
  outcomes: Record<string, number>;
  /** Accepted requests without an outcome; requests with two, or that ran as two. */
  lost: number;
  duplicated: number;
  violations: Violation[];
  rolledBack: number;
  /** Kind → how often, and how often with 20 requests in flight. */
  faults: Record<string, number>;
  faultsUnderLoad: Record<string, number>;
  recoveryMs: Record<string, Recovery>;
  calls: number;
}

const underLoad = 20;

/** Judges a history. */
export function report(history: History): Report {
  const { run, records, refused, faults, calls } = history;
  const { violations, rolledBack } = judge(history);
  const countOf = (...kinds: string[]): number => violations.filter(({ kind }) => kinds.includes(kind)).length;
  return {
    seed: run.seed,
    minutes: run.minutes,
    fsync: run.fsync,
    ...(run.mutant !== undefined && { mutant: run.mutant }),
    accepted: records.size,
    refused: refused.length,
    outcomes: countBy([...records.values()], ({ state }) => state),
    lost: countOf("lost"),
    duplicated: countOf("duplicated", "doubled", "differing"),
    violations,
    rolledBack,
    faults: countBy(faults, ({ kind }) => kind),
    faultsUnderLoad: countBy(
      faults.filter(({ inFlight }) => inFlight >= underLoad),
      ({ kind }) => kind,
    ),
    recoveryMs: recoveryOf(history),
    calls: calls.length,
  };
}

function countBy<T>(items: readonly T[], key: (item: T) => string): Record<string, number> {
  return Object.fromEntries(
    [...Map.groupBy(items, key)].map(([name, group]): [string, number] => [name, group.length]).toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}
