import { type OptionNames, RouterError, type SemanticCachePort } from "@llm-router/contracts";
import type { Durability, RedisTarget } from "@llm-router/job-queue";

export interface ClientOptions {
  /** Address of Redis, or address and ioredis options (default REDIS_URL, else redis://127.0.0.1:6379). */
  redis?: string | RedisTarget;
  /** Default LLMR_NAMESPACE, else `llmr`. */
  namespace?: string;
  /** How long a new call waits for Redis to come back before REDIS_UNAVAILABLE (default 5,000 ms). */
  redisTimeoutMs?: number;
  /** Default LLMR_DURABILITY, else `local`. */
  durability?: Durability;
  /** Asked before a request that may be answered from the cache is submitted (default: none, equal questions only). You close it. */
  semanticCache?: SemanticCachePort;
  /** Where the defaults come from (default process.env). */
  env?: Readonly<Record<string, string | undefined>>;
}

export const clientOptionNames = {
  redis: true,
  namespace: true,
  redisTimeoutMs: true,
  durability: true,
  semanticCache: true,
  env: true,
} satisfies OptionNames<ClientOptions>;

export interface CompiledOptions {
  redis: RedisTarget;
  namespace: string;
  redisTimeoutMs: number;
  durability: Durability;
  semanticCache: SemanticCachePort | undefined;
}

const durabilities: readonly string[] = ["local", "fsync", "replicated"] satisfies Durability[];

/** Options, then environment, then defaults. @throws {RouterError} CONFIG_INVALID. */
export function compileOptions(options: ClientOptions): CompiledOptions {
  const env = options.env ?? process.env;
  const redis = options.redis ?? env["REDIS_URL"] ?? "redis://127.0.0.1:6379";
  const durability = options.durability ?? env["LLMR_DURABILITY"] ?? "local";
  const namespace = options.namespace ?? env["LLMR_NAMESPACE"] ?? "llmr";
  if (!durabilities.includes(durability)) {
    throw new RouterError("CONFIG_INVALID", `LLMR_DURABILITY is "${durability}"; it is one of ${durabilities.join(", ")}.`);
  }
  if (!/^[\w.-]{1,64}$/.test(namespace)) {
    throw new RouterError("CONFIG_INVALID", `LLMR_NAMESPACE is "${namespace}"; use letters, digits, ".", "_" and "-" only.`);
  }
  return {
    redis: typeof redis === "string" ? { url: redis } : redis,
    namespace,
    redisTimeoutMs: options.redisTimeoutMs ?? 5_000,
    durability: durability as Durability,
    semanticCache: options.semanticCache,
  };
}
