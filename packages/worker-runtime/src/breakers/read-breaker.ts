import type { BreakerState } from "@llm-router/contracts";
import type { QueueContext } from "@llm-router/job-queue";
import type { BreakerNews } from "./model-breaker.ts";

/** A model's breaker as it stands in Redis. One that is switched off (`breaker.enabled: false`) is closed, whatever it was. */
export async function readBreaker({ redis, keys }: QueueContext, model: string): Promise<BreakerNews> {
  const [state, epoch, threshold] = await redis.hmget(keys.model(model), "bs", "be", "bf");
  return { state: threshold === "0" ? "closed" : ((state ?? "closed") as BreakerState), epoch: Number(epoch ?? 0) };
}
