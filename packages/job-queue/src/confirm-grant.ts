import type { RunLocks } from "./run-locks.ts";
import type { Decision, Run } from "./run.ts";
import type { QueueContext } from "./scripts.ts";

export interface ConfirmGrantOptions {
  context: QueueContext;
  locks: RunLocks;
  lockMs: number;
  /** Waits after a failure, until it makes sense to try again. */
  backOff: (error: unknown) => Promise<unknown>;
}

/** What Redis said of a grant is good for a call for so long, ms: a call may begin 100 ms after its breaker's opening at the latest. */
const freshMs = 50;
/** The rate window is a minute and a second; this is what of the second the way to the call may take, ms. */
const lateForRateMs = 800;

/** Whether Redis was asked so lately that a call may begin. */
export function isFresh(run: Run): boolean {
  return performance.now() - run.confirmedAt <= freshMs;
}

/**
 * Why a grant must not be used, if so. Its answer may have been so long on its way that the lock expired and somebody else
 * has run the job, or that the breaker opened: then Redis is asked, by a renewal, before anything is paid for.
 */
export async function confirmGrant(run: Run, { context, locks, lockMs, backOff }: ConfirmGrantOptions): Promise<Decision | undefined> {
  const lost: Decision = { mode: "drop", breaker: "none", runMs: 0, note: "lost" };
  const release = { mode: "release", breaker: "none", runMs: 0, tokens: 0 } as const;
  for (let askedAt = run.confirmedAt, goodMs = freshMs; performance.now() - askedAt > goodMs; goodMs = lockMs / 2) {
    if (run.abort.signal.aborted || context.redis.status === "end") return lost;
    askedAt = performance.now();
    try {
      const [isOurs, [state, threshold, rpm, tpm]] = await Promise.all([
        locks.renew(run),
        context.redis.hmget(context.keys.model(run.model), "bs", "bf", "rpm", "tpm"),
      ]);
      if (!isOurs) return lost;
      run.confirmedAt = askedAt;
      if (state === "open" && threshold !== "0") return { ...release, note: "breaker open" };
      // Its place in the window was taken at the grant; a call this late would be one too many in the provider's own minute.
      if ((rpm || tpm) && performance.now() - run.askedAt > lateForRateMs) return { ...release, note: "late for its rate" };
    } catch (error) {
      await backOff(error);
      askedAt = Number.NEGATIVE_INFINITY;
    }
  }
  return undefined;
}
