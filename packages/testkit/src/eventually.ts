import { setTimeout as delay } from "node:timers/promises";

export interface EventuallyOptions {
  /** How long to try, ms (default 10,000). */
  timeoutMs?: number;
  /** Between two tries, ms (default 10). */
  intervalMs?: number;
}

/**
 * Calls `check` until it no longer throws and returns what it returned. For conditions that send no signal; everything else is awaited.
 * @throws the last error of `check` when the time is over.
 */
export async function eventually<T>(check: () => Promise<T> | T, options: EventuallyOptions = {}): Promise<T> {
  const { timeoutMs = 10_000, intervalMs = 10 } = options;
  const until = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() >= until) throw error;
    }
    await delay(intervalMs);
  }
}
