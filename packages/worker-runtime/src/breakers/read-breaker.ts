import type { BreakerState } from "@llm-router/contracts";
import type { QueueContext } from "@llm-router/job-queue";
import type { BreakerNews, ModelBreaker } from "./model-breaker.ts";

/** A model's breaker as it stands in Redis. One that is switched off (`breaker.enabled: false`) is closed, whatever it was. */
export async function readBreaker({ redis, keys }: QueueContext, model: string): Promise<BreakerNews> {
  const [state, epoch, threshold] = await redis.hmget(keys.model(model), "bs", "be", "bf");
  return { state: threshold === "0" ? "closed" : ((state ?? "closed") as BreakerState), epoch: Number(epoch ?? 0) };
}

/**
 * Brings a breaker to what Redis says, also when its count of changes is lower than what we knew (a Redis that lost its
 * data). Only news that came while we asked is newer than the answer.
 */
export async function refreshBreaker(context: QueueContext, model: string, breaker: ModelBreaker): Promise<void> {
  const askedAt = performance.now();
  const truth = await readBreaker(context, model);
  if (breaker.changedAt < askedAt) breaker.set(truth);
}
