import { setTimeout as delay } from "node:timers/promises";
import {
  checkRedis,
  connectRedis,
  createQueueContext,
  type Durability,
  isConnectionError,
  type QueueContext,
  redisError,
  type RedisTarget,
  stampSchema,
  whenReady,
} from "@llm-router/job-queue";
import { createKeys, RouterError } from "@llm-router/contracts";
import type { Logger } from "@llm-router/service-kit";

/** Between two tries, ms. */
const pauseMs = 50;

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
  const until = performance.now() + timeoutMs;
  for (;;) {
    try {
      await whenReady(redis, Math.max(until - performance.now(), 1));
      const { warnings } = await checkRedis(redis, durability);
      await stampSchema(context);
      for (const warning of warnings) logger.warn(warning);
      return context;
    } catch (error) {
      // A connection that breaks right after it was made says nothing about the next one.
      const wasCut = RouterError.is(error) ? error.code === "REDIS_UNAVAILABLE" : isConnectionError(error);
      if (!wasCut || performance.now() + pauseMs >= until) {
        redis.disconnect();
        throw redisError(error, "starting");
      }
      await delay(pauseMs);
    }
  }
}
