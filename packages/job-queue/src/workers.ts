import { isRecord } from "@llm-router/contracts";
import { redisError } from "./redis.ts";
import type { QueueContext } from "./scripts.ts";

/** A worker process that lives, as it last said of itself. */
export interface WorkerInfo {
  id: string;
  /** What it says of itself: host, pid, version, models, … */
  info: Record<string, unknown>;
}

export async function readWorkers(context: QueueContext): Promise<WorkerInfo[]> {
  const { redis, keys } = context;
  try {
    const [seconds] = await redis.time();
    const ids = await redis.zrangebyscore(keys.workers, Number(seconds) * 1_000, "+inf");
    if (ids.length === 0) return [];
    const infos = await redis.hmget(`${keys.prefix}:worker-info`, ...ids);
    return ids.map((id, index) => {
      const info: unknown = JSON.parse(infos[index] ?? "{}");
      return { id, info: isRecord(info) ? info : {} };
    });
  } catch (error) {
    throw redisError(error, "reading the workers");
  }
}
