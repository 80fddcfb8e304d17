import type { History } from "../lib/index-history.ts";

/** After a fault, for a process to find Redis again, ms. */
const reconnectMs = 1_500;

/** How late the machine itself was between two moments, ms: what the run's own timer, which has nothing else to do, was late by at most. */
export function machineLag({ lags }: History, from: number, to: number): number {
  return lags.reduce((most, { at, ms }) => (at >= from && at - ms <= to ? Math.max(most, ms) : most), 0);
}

interface Span {
  from: number;
  to: number;
}

/** For how much of the time between two moments nobody could reach Redis; or, given a process, this process could not, or stood still. */
export function awayMs({ faults }: History, from: number, to: number, process?: string): number {
  const spans = faults
    .filter(
      ({ redisAway, target, kind }) =>
        redisAway === "all" || (process !== undefined && target === process && (redisAway !== undefined || kind.endsWith("-stop"))),
    )
    .map(({ at, endAt }): Span => ({ from: Math.max(from, at), to: Math.min(to, endAt + reconnectMs) }))
    .filter((span) => span.to > span.from)
    .toSorted((a, b) => a.from - b.from);
  let total = 0;
  let until = from;
  for (const span of spans) {
    total += Math.max(0, span.to - Math.max(span.from, until));
    until = Math.max(until, span.to);
  }
  return total;
}
