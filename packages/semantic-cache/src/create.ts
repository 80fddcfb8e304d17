import type { SemanticCachePort } from "@llm-router/contracts";
import { type Engine, openEngine } from "./engine.ts";
import { createExactOnly } from "./exact-only.ts";
import type { SemanticCacheOptions } from "./options.ts";
import { SemanticCache } from "./semantic-cache.ts";

/**
 * Makes the semantic cache of a process. It never fails: without weights, or without its store, only equal questions
 * are answered, which is said once in the log and always in `status()`.
 */
export async function createSemanticCache(options: SemanticCacheOptions): Promise<SemanticCachePort> {
  const { similarityThreshold = 0.92, candidateFloor = 0.75, weights, threads, log = { warn: () => {} } } = options;
  if (similarityThreshold >= 1) return createExactOnly("`similarityThreshold` is 1");
  let engine: Engine | undefined;
  try {
    engine = options.engine ? { ...options.engine, close: async () => {} } : await openEngine({ weights, threads });
    const store = await options.openStore(engine.embedder);
    // A floor above the threshold leaves nothing between them.
    const thresholds = { similarityThreshold, candidateFloor: Math.min(candidateFloor, similarityThreshold) };
    return new SemanticCache({ engine, store, thresholds, log });
  } catch (error) {
    await engine?.close();
    const detail = error instanceof Error ? error.message : String(error);
    log.warn({ err: error }, `the semantic cache is off, only equal questions are answered from the cache: ${detail}`);
    return createExactOnly(detail);
  }
}
