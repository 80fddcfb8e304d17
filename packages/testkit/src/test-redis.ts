import { startLocalRedis, type LocalRedis, type LocalRedisOptions } from "@llm-router/service-kit";
import { Redis } from "ioredis";
import { newNamespace } from "./namespace.ts";

/** What a test gets: where Redis is, a namespace of its own, and a client to look inside. */
export interface RedisAccess {
  url: string;
  namespace: string;
  admin: Redis;
}

export interface TestRedis extends RedisAccess, AsyncDisposable {
  /** The server, to kill and restart. `admin` reconnects by itself. */
  server: LocalRedis;
}

/** Starts a redis-server for one test that stops, kills or fills it. Others share one: use `redisTest`. */
export async function startTestRedis(options: LocalRedisOptions = {}): Promise<TestRedis> {
  const server = await startLocalRedis(options);
  const admin = connectAdmin(server.url);
  return {
    url: server.url,
    namespace: newNamespace(),
    admin,
    server,
    async [Symbol.asyncDispose]() {
      admin.disconnect();
      await server.stop();
    },
  };
}

/** A client for looking inside. Its commands wait while Redis is away, and connection errors are no news to the test that caused them. */
export function connectAdmin(url: string): Redis {
  const admin = new Redis(url, { maxRetriesPerRequest: null, retryStrategy: () => 20 });
  admin.on("error", () => undefined);
  return admin;
}
