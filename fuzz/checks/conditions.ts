import type { Call, History } from "../lib/index-history.ts";

/** After a fault, for a process to find Redis again, ms. */
const reconnectMs = 1_500;

/** A process that stood still for longer did so because of a fault, which excuses nothing, ms. */
const longestLagMs = 500;

/**
 * How late the processes were between two moments for want of a processor, ms: on a busy machine a worker and a simulator each
 * may come so much later to what they do at once.
 */
export function machineLag({ lags }: History, from: number, to: number): number {
  const late = lags.filter(({ at, ms }) => ms <= longestLagMs && at >= from && at - ms <= to);
  return 2 * late.reduce((most, { ms }) => Math.max(most, ms), 0);
}

/** From a grant to the arrival of its call: DESIGN's one tolerance, ms. */
export const grantToCallMs = 100;

/**
 * Whether a call comes of a grant that a worker had in hand when it was stopped (SIGSTOP): the time in which it stood still does not
 * count, as nothing could have looked again between its last look and its call.
 */
export function wasStoppedBeforeCall(history: History, call: Pick<Call, "id" | "model" | "at">): boolean {
  const record = call.id === null ? undefined : history.records.get(call.id);
  const grants = record?.history.filter(({ type, model }) => type === "started" && model === call.model) ?? [];
  const stops = history.processes.filter(({ role, what }) => role === "worker" && what === "stopped");
  return stops.some(({ name, at: stoppedAt }) => {
    const continuedAt = history.processes.find((line) => line.name === name && line.what === "continued" && line.at >= stoppedAt)?.at;
    if (continuedAt === undefined) return false;
    const slackMs = grantToCallMs + machineLag(history, stoppedAt - grantToCallMs, stoppedAt);
    const wasInHand = grants.some(({ at = 0 }) => at <= stoppedAt && at >= stoppedAt - slackMs);
    return wasInHand && call.at >= continuedAt && call.at <= continuedAt + grantToCallMs + machineLag(history, continuedAt, call.at);
  });
}

interface Span {
  from: number;
  to: number;
}

/** For how much of the time between two moments nobody could reach Redis; or, given processes, one of them could not, or stood still. */
export function awayMs({ faults }: History, from: number, to: number, processes: readonly string[] = []): number {
  const spans = faults
    .filter(
      ({ redisAway, target, kind }) =>
        redisAway === "all" || (processes.includes(target) && (redisAway !== undefined || kind.endsWith("-stop"))),
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
