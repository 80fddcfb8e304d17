import { type CacheConfig, fingerprint, type SemanticCachePort, semanticPrompt } from "@llm-router/contracts";
import type { QueueContext } from "@llm-router/job-queue";
import type { CacheEntry } from "./ports.ts";

const msPerHour = 3_600_000;

/** Puts an answer into the exact cache, while it is switched on. */
export async function writeCache(context: QueueContext, cache: CacheConfig, { key, json }: CacheEntry): Promise<void> {
  await context.run("cache-put", [key, json, ttlMs(cache), cache.maxEntries]);
}

/** Lets the question of an answer that is in the exact cache be found in other words. */
export function rememberQuestion(semanticCache: SemanticCachePort | undefined, cache: CacheConfig, entry: CacheEntry): void {
  if (!semanticCache || cache.semantic === false) return;
  const { request, model, key, defaultTemperature } = entry;
  const prompt = semanticPrompt(request);
  if (prompt === undefined) return;
  // As the client made it: a request without a temperature is cached only where all its candidates have the same default.
  const partition = fingerprint(request, { temperature: defaultTemperature });
  semanticCache.store({ prompt, partition, model, entry: key, expiresAt: Date.now() + ttlMs(cache) });
}

function ttlMs({ ttlHours }: CacheConfig): number {
  return Math.ceil(ttlHours * msPerHour);
}
