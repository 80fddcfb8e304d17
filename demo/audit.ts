import type { Attempt, Event, Outcome } from "@llm-router/client";

/** What one accepted request left behind. */
export interface Trail {
  id: string;
  outcome: Outcome;
  /** When its caller was told, on the clock of the call logs. */
  endedAt: number;
  history: readonly Event[];
}

/** A call in the log of a model's server. */
export interface LoggedCall {
  requestId: string | null;
  /** llm-router's name of the model. */
  server: string;
  receivedAt: number;
  /** Whether the answer was sent to its end. */
  finished: boolean;
}

export interface Audit {
  /** Requests with more than one end, or that were called although they had been answered. */
  duplicated: string[];
  /** Calls beyond the first finished one of a request: its worker was killed before it could say that it was finished. */
  paidTwice: number;
}

const endings: readonly string[] = ["completed", "failed", "cancelled", "expired"] satisfies Event["type"][];

/** Holds what the callers were told against the servers' own logs and the histories in Redis. */
export function audit(trails: readonly Trail[], calls: readonly LoggedCall[]): Audit {
  const callsOf = Map.groupBy(calls, ({ requestId }) => requestId ?? "");
  let paidTwice = 0;
  const duplicated = trails.filter(({ id, outcome, endedAt, history }) => {
    const own = callsOf.get(id) ?? [];
    const again = countFinished(attemptsOf(outcome), own) - 1;
    const lostWorker = attemptsOf(outcome).some((attempt) => attempt.outcome === "worker-lost");
    if (again > 0 && lostWorker) paidTwice += again;
    const ends = history.filter(({ type }) => endings.includes(type)).length;
    return ends !== 1 || own.some(({ receivedAt }) => receivedAt > endedAt) || (again > 0 && !lostWorker);
  });
  return { duplicated: duplicated.map(({ id }) => id), paidTwice };
}

/** An answer that was delivered, but that its server did not log, came between the reading of the log and the kill of the server. */
function countFinished(attempts: readonly Attempt[], own: readonly LoggedCall[]): number {
  const logged = own.filter(({ finished }) => finished);
  const unlogged = attempts.filter(({ model, outcome }) => outcome === "completed" && !logged.some(({ server }) => server === model));
  return logged.length + unlogged.length;
}

function attemptsOf(outcome: Outcome): readonly Attempt[] {
  return outcome.state === "completed" ? outcome.result.attempts : outcome.attempts;
}
