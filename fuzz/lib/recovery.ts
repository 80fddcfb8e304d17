import type { FaultLine } from "./history.ts";
import type { History } from "./index-history.ts";

/** ms */
export interface Recovery {
  p50: number;
  p95: number;
  max: number;
  count: number;
}

/**
 * How long each kind of fault was felt.
 * `worker-kill`, `worker-stop`: from the signal to each job that was taken over being with another worker. `redis-*`: from the end of the fault to
 * the first grant. `outage-*`, `simulator-kill`: from the end to the first answer of that model. `breaker-news`: from a breaker's opening to the last call that still began.
 */
export function recoveryOf(history: History): Record<string, Recovery> {
  const samples = new Map<string, number[]>();
  const add = (kind: string, ms: readonly number[]): void => void samples.set(kind, [...(samples.get(kind) ?? []), ...ms]);
  for (const fault of history.faults) add(fault.kind, felt(history, fault));
  add("breaker-news", breakerNews(history));
  return Object.fromEntries([...samples].filter(([, ms]) => ms.length > 0).map(([kind, ms]) => [kind, summarise(ms)]));
}

function felt(history: History, fault: FaultLine): number[] {
  const { kind, at, endAt, target } = fault;
  if (kind === "worker-kill" || kind === "worker-stop") return takeovers(history, at);
  if (kind.startsWith("redis-")) return firstAfter(grants(history), endAt);
  if (kind.startsWith("outage-") || kind === "simulator-kill") {
    return firstAfter(
      history.calls.filter(({ model, outcome }) => model === target && outcome === "completed").map((call) => call.endAt),
      endAt,
    );
  }
  return [];
}

const grantsOf = new WeakMap<History, number[]>();

/** Times of all grants, in order. */
function grants(history: History): number[] {
  const known = grantsOf.get(history);
  if (known) return known;
  const times = [...history.records.values()]
    .flatMap(({ history: events }) => events.filter(({ type }) => type === "started").map(({ at = 0 }) => at))
    .toSorted((a, b) => a - b);
  grantsOf.set(history, times);
  return times;
}

/** Jobs whose worker was lost after `at`, within the time that this takes at most. */
function takeovers({ records }: History, at: number): number[] {
  const longestMs = 15_000;
  return [...records.values()].flatMap(({ history }) =>
    history.flatMap((event, i) => {
      const { at: lostAt = 0, detail, type } = event;
      if (type !== "queued" || detail?.["reason"] !== "worker lost" || lostAt < at || lostAt > at + longestMs) return [];
      const before = history.slice(0, i).findLast((each) => each.type === "started");
      const next = history.slice(i).find((each) => each.type === "started");
      if (!before?.at || before.at > at || next?.at === undefined) return [];
      return [next.at - at];
    }),
  );
}

function firstAfter(times: readonly number[], at: number): number[] {
  const next = times.filter((time) => time >= at).reduce((min, time) => Math.min(min, time), Number.POSITIVE_INFINITY);
  return Number.isFinite(next) ? [Math.round(next - at)] : [];
}

function breakerNews({ transitions, calls }: History): number[] {
  return transitions.flatMap(({ model, state, at }, i) => {
    if (state !== "open") return [];
    const until = transitions.slice(i + 1).find((next) => next.model === model)?.at ?? Number.POSITIVE_INFINITY;
    const last = calls.findLast((call) => call.model === model && call.at > at && call.at < until);
    return [last ? Math.round(last.at - at) : 0];
  });
}

function summarise(ms: readonly number[]): Recovery {
  const sorted = ms.toSorted((a, b) => a - b);
  const at = (p: number): number => sorted[Math.max(Math.ceil(p * sorted.length), 1) - 1] ?? 0;
  return { p50: at(0.5), p95: at(0.95), max: at(1), count: sorted.length };
}
