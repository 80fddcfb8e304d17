import { redactUrl } from "@llm-router/service-kit";
import { Redis } from "ioredis";

/**
 * Connects to a Redis that somebody else runs, does `work` and disconnects.
 * @throws Error `cannot reach redis://…: why`, at the latest after 5 s.
 */
export async function withRedis<T>(url: string, work: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, { lazyConnect: true, connectTimeout: 5_000, retryStrategy: () => null });
  let reason: Error | undefined;
  redis.on("error", (error: Error) => (reason = error));
  try {
    await redis.connect().catch((error: unknown) => {
      throw new Error(`cannot reach ${redactUrl(url)}: ${reason?.message ?? String(error)}`, { cause: error });
    });
    return await work(redis);
  } finally {
    redis.disconnect();
  }
}
