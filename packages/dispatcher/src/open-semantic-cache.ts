import { type CacheConfig, createKeys, type Env, expandSecrets, RouterError, type SemanticCachePort } from "@llm-router/contracts";
import type * as semanticCache from "@llm-router/semantic-cache";
import {
  CacheCounters,
  connectRedis,
  createQueueContext,
  createVectorLog,
  type RedisTarget,
  semanticCounts,
  whenReady,
} from "@llm-router/job-queue";

export interface OpenSemanticCacheOptions {
  /** Of the namespace, its variables not yet filled in. */
  cache: CacheConfig;
  redis: RedisTarget;
  namespace: string;
  /** Where the variables of `cache.store` are looked up. */
  env: Env;
  log: { warn(details: object, message: string): void };
  /** Whether it must be there: without the package it is an error, and not that only equal questions are answered. */
  required: boolean;
}

type Semantic = typeof semanticCache;

const packageName = "@llm-router/semantic-cache";
const countEveryMs = 1_000;
const connectMs = 5_000;
/** For what was given to store() before the close, ms. */
const flushMs = 3_000;

/**
 * Opens the semantic cache that a namespace's configuration describes: undefined when it is switched off, or its package
 * is not installed. What else is missing is told by the log and by `status()`.
 * @throws {RouterError} CACHE_NOT_INSTALLED when it is required; CONFIG_INVALID for a variable that is not set.
 */
export async function openSemanticCache(options: OpenSemanticCacheOptions): Promise<SemanticCachePort | undefined> {
  const { cache, redis: target, namespace, env, log, required } = options;
  if (!cache.enabled || cache.semantic === false || cache.similarityThreshold >= 1) return undefined;
  const store = expandSecrets(cache.store, env, ["cache", "store"]);
  const semantic = await load(required);
  if (!semantic) return undefined;
  const redis = connectRedis(target, "commands");
  const context = createQueueContext(redis, createKeys(namespace));
  const port = await semantic.createSemanticCache({
    openStore: async (embedder) => {
      await whenReady(redis, connectMs).catch(() => undefined); // a Redis that comes later is found then; until then lookups are misses
      const vectors = createVectorLog({ context, blocking: connectRedis(target, "blocking") });
      return semantic.createVectorStore({ store, log: vectors, namespace, embedder });
    },
    similarityThreshold: cache.similarityThreshold,
    candidateFloor: cache.candidateFloor,
    weights: cache.weights,
    log,
  });
  const stopCounting = countRejections(port, new CacheCounters({ context }));
  let closed: Promise<void> | undefined;
  const close = async () => {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, flushMs);
    await Promise.race([port.flushed(), late]);
    clearTimeout(timer);
    await stopCounting();
    await port.close();
    redis.disconnect();
  };
  return { ...bound(port), close: () => (closed ??= close()) };
}

/** Without the `this` of the one that it is made of. */
function bound(port: SemanticCachePort): Omit<SemanticCachePort, "close"> {
  return {
    lookup: (lookup) => port.lookup(lookup),
    store: (entry) => port.store(entry),
    flushed: () => port.flushed(),
    state: () => port.state(),
    status: () => port.status(),
  };
}

/** What guards and verifier refused goes to the namespace's counters once a second. */
function countRejections(port: SemanticCachePort, counters: CacheCounters): () => Promise<void> {
  let before: Awaited<ReturnType<SemanticCachePort["status"]>> | undefined;
  const count = async () => {
    const now = await port.status();
    counters.add(semanticCounts(now, before));
    before = now;
  };
  const timer = setInterval(() => void count().catch(() => undefined), countEveryMs).unref(); // the next one counts it, too
  return async () => {
    clearInterval(timer);
    await count().catch(() => undefined); // numbers of the last second at most
    await counters.close();
  };
}

/** @throws {RouterError} CACHE_NOT_INSTALLED. */
async function load(required: boolean): Promise<Semantic | undefined> {
  try {
    return await import("@llm-router/semantic-cache");
  } catch (error) {
    const isMissing =
      error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND" && error.message.includes(packageName);
    if (!isMissing) throw error;
    if (!required) return undefined;
    throw new RouterError(
      "CACHE_NOT_INSTALLED",
      `The semantic cache is a package of its own that is not installed here: npm install ${packageName}`,
      { cause: error },
    );
  }
}
