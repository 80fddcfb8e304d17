import {
  checkRedis,
  connectRedis,
  createQueueContext,
  type Durability,
  type QueueContext,
  redisError,
  type RedisTarget,
  stampSchema,
  whenReady,
} from "@llm-router/job-queue";
import { createKeys } from "@llm-router/contracts";
import type { Logger } from "@llm-router/service-kit";

export interface ConnectOptions {
  target: RedisTarget;
  namespace: string;
  durability: Durability;
  timeoutMs: number;
  logger: Logger;
}

/**
 * Connects to Redis and checks that work can be trusted to it.
 * @throws {RouterError} REDIS_UNAVAILABLE, REDIS_POLICY, SCHEMA_MISMATCH, CONFIG_INVALID (the address).
 */
export async function connect({ target, namespace, durability, timeoutMs, logger }: ConnectOptions): Promise<QueueContext> {
  const redis = connectRedis(target, "commands");
  // While Redis is away, every run under way listens for its return. (Not 0, for no limit: BullMQ adds to this number.)
  redis.setMaxListeners(100_000);
  const context = createQueueContext(redis, createKeys(namespace));
  try {
    await whenReady(redis, timeoutMs);
    const { warnings } = await checkRedis(redis, durability);
    for (const warning of warnings) logger.warn(warning);
    await stampSchema(context);
    return context;
  } catch (error) {
    redis.disconnect();
    throw redisError(error, "starting");
  }
}
