import type { Redis } from "ioredis";
import { RouterError } from "@llm-router/contracts";
import { describeRedis, redisError } from "./redis.ts";

export type Durability = "local" | "fsync" | "replicated";

export interface RedisInfo {
  server: "redis" | "valkey";
  version: string;
  warnings: string[];
}

/**
 * Checks at boot, from INFO alone (CONFIG is often forbidden), that Redis is one that work can be trusted to.
 * @throws {RouterError} REDIS_POLICY: too old, or one that evicts keys under memory pressure.
 */
export async function checkRedis(redis: Redis, durability: Durability = "local"): Promise<RedisInfo> {
  const text = await redis.info().catch((error: unknown) => {
    throw redisError(error, "reading INFO");
  });
  const info = new Map(
    text
      .split(/\r?\n/)
      .filter((line) => line.includes(":"))
      .map((line): [string, string] => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)]),
  );
  const valkey = info.get("valkey_version");
  const server = valkey ? "valkey" : "redis";
  const version = valkey ?? info.get("redis_version") ?? "0";
  const where = `${server} ${version} at ${describeRedis(redis)}`;
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const oldest = valkey ? [7, 2] : [7, 0];
  if (major < (oldest[0] ?? 0) || (major === oldest[0] && minor < (oldest[1] ?? 0))) {
    throw new RouterError("REDIS_POLICY", `${where} is too old: Redis 7.0 or Valkey 7.2 is the oldest that llm-router runs on.`);
  }
  const policy = info.get("maxmemory_policy");
  if (policy !== undefined && policy !== "noeviction") {
    throw new RouterError(
      "REDIS_POLICY",
      `${where} has maxmemory-policy ${policy}, which deletes queued work when memory runs short; set it to noeviction.`,
    );
  }
  const warnings: string[] = [];
  if (info.get("aof_enabled") !== "1") {
    warnings.push(`${where} has AOF off: if Redis dies, queued work dies with it. Set "appendonly yes".`);
  }
  if (durability === "replicated" && Number(info.get("connected_slaves") ?? 0) === 0) {
    warnings.push(`${where} has no replica, though LLMR_DURABILITY is replicated.`);
  }
  return { server, version, warnings };
}
