import { setTimeout as delay } from "node:timers/promises";

/** How long any one step may take before the demo gives up, ms: far beyond what a slow machine needs. */
const stepTimeoutMs = 60_000;

const pollMs = 25;

/** @throws Error naming `what` when the promise is not settled after `timeoutMs`. */
export async function within<T>(promise: Promise<T>, what: string, timeoutMs = stepTimeoutMs): Promise<T> {
  const { promise: tooLate, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`${what}: it did not happen within ${timeoutMs / 1_000} s`)), timeoutMs);
  try {
    return await Promise.race([promise, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

/** For what sends no signal: asks until there is an answer. @throws Error naming `what` after `timeoutMs`. */
export async function until<T>(what: string, ask: () => Promise<T | undefined>, timeoutMs = stepTimeoutMs): Promise<T> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() >= end) throw new Error(`${what}: it did not happen within ${timeoutMs / 1_000} s`);
    await delay(pollMs);
  }
}
