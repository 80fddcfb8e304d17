import type { CacheConfig } from "@llm-router/contracts";
import type { QueueContext } from "@llm-router/job-queue";
import type { CacheEntry } from "./ports.ts";

const msPerHour = 3_600_000;

/** Puts an answer into the exact cache, while it is switched on. */
export async function writeCache(context: QueueContext, cache: CacheConfig, { key, json }: CacheEntry): Promise<void> {
  await context.run("cache-put", [key, json, Math.ceil(cache.ttlHours * msPerHour), cache.maxEntries]);
}
