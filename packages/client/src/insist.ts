import { RouterError } from "@llm-router/contracts";
import { isConnectionError, type QueueContext, whenReady } from "@llm-router/job-queue";

export interface InsistOptions {
  redis: QueueContext["redis"];
  /** For messages: `reading the status`. */
  doing: string;
  timeoutMs: number;
  isClosed: () => boolean;
  /** Redis could not be reached, or took no writes. */
  onAway?: () => void;
}

/** Between two tries, ms: a connection that just broke reports "ready" for a moment longer. */
const pauseMs = 10;

/**
 * Does something in Redis, again and again while the connection is away, until `timeoutMs` is over.
 * @throws {RouterError} REDIS_UNAVAILABLE; what `attempt` throws for another reason.
 */
export async function insist<T>({ redis, doing, timeoutMs, isClosed, onAway }: InsistOptions, attempt: () => Promise<T>): Promise<T> {
  const until = performance.now() + timeoutMs;
  for (;;) {
    try {
      await whenReady(redis, Math.max(until - performance.now(), 1));
      return await within(attempt(), Math.max(until - performance.now(), 1), () => unavailable(doing, timeoutMs));
    } catch (error) {
      if (!isAway(error)) throw error;
      onAway?.();
      if (isClosed() || performance.now() + pauseMs >= until) throw RouterError.is(error) ? error : unavailable(doing, timeoutMs, error);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}

/** Whether an error says only that Redis could not be reached. */
export function isAway(error: unknown): boolean {
  return (RouterError.is(error) && error.code === "REDIS_UNAVAILABLE") || isConnectionError(error);
}

/** @throws what `late` makes, when `work` has not ended after `timeoutMs`; it goes on, and its end is of no interest then. */
export async function within<T>(work: Promise<T>, timeoutMs: number, late: () => Error): Promise<T> {
  const { promise: overdue, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(late()), timeoutMs);
  try {
    return await Promise.race([work, overdue]);
  } finally {
    clearTimeout(timer);
    work.catch(() => undefined);
  }
}

function unavailable(doing: string, timeoutMs: number, cause?: unknown): RouterError {
  return new RouterError("REDIS_UNAVAILABLE", `Redis did not answer within ${timeoutMs} ms while ${doing}.`, { cause });
}
