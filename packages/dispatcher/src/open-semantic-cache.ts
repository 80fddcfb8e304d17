import {
  type CacheConfig,
  createKeys,
  type Env,
  expandSecrets,
  RouterError,
  type SemanticCachePort,
  type SemanticCacheState,
  type SemanticCacheStatus,
} from "@llm-router/contracts";
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
const lookEveryMs = 1_000;
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
  const watched = watchStatus(port, new CacheCounters({ context }));
  let closed: Promise<void> | undefined;
  const close = async () => {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, flushMs);
    await Promise.race([port.flushed(), late]);
    clearTimeout(timer);
    await watched.stop();
    await port.close();
    redis.disconnect();
  };
  const state = () => ({ ...port.state(), ...storeOf(watched.last()) });
  return { ...bound(port), state, close: () => (closed ??= close()) };
}

/** Without the `this` of the one that it is made of. */
function bound(port: SemanticCachePort): Omit<SemanticCachePort, "state" | "close"> {
  return {
    lookup: (lookup) => port.lookup(lookup),
    store: (entry) => port.store(entry),
    flushed: () => port.flushed(),
    status: () => port.status(),
  };
}

function storeOf({ state, store }: Partial<SemanticCacheStatus> = {}): Pick<SemanticCacheState, "store"> {
  if (state !== "on" || !store) return {};
  return { store: { ok: store.ok, ...(store.detail !== undefined && { detail: store.detail }) } };
}

interface Watched {
  last: () => SemanticCacheStatus | undefined;
  stop: () => Promise<void>;
}

/** Asks for the status once a second. What guards and verifier refused goes to the namespace's counters. */
function watchStatus(port: SemanticCachePort, counters: CacheCounters): Watched {
  let last: SemanticCacheStatus | undefined;
  const look = async () => {
    const now = await port.status();
    counters.add(semanticCounts(now, last));
    last = now;
  };
  const timer = setInterval(() => void look().catch(() => undefined), lookEveryMs).unref(); // the next one counts it, too
  return {
    last: () => last,
    async stop() {
      clearInterval(timer);
      await look().catch(() => undefined); // numbers of the last second at most
      await counters.close();
    },
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
