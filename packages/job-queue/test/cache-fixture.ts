import { createKeys, type LoggedVector } from "@llm-router/contracts";
import type { RedisAccess } from "@llm-router/testkit";
import { connectRedis, createQueueContext, createVectorLog, type QueueContext, whenReady } from "../src/index.ts";
import type { VectorLog } from "@llm-router/contracts";

const hour = 3_600_000;

/** The cache of a namespace, as a process sees it. */
export interface CacheFixture extends AsyncDisposable {
  context: QueueContext;
  log: VectorLog;
  /** Stores an answer. @returns how many were evicted. */
  put(entry: string, options?: { source?: string; ttlMs?: number; maxEntries?: number; content?: string }): Promise<number>;
  /** Entries by last use, oldest first. */
  entries(): Promise<string[]>;
  /** Whose key is `{namespace}:<part>`. */
  key(part: string): string;
}

export async function openCache({ url, namespace, admin }: RedisAccess): Promise<CacheFixture> {
  const redis = connectRedis({ url }, "commands");
  await whenReady(redis, 10_000);
  const keys = createKeys(namespace);
  const context = createQueueContext(redis, keys);
  const log = createVectorLog({ context, blocking: connectRedis({ url, options: { connectionName: namespace } }, "blocking") });
  return {
    context,
    log,
    async put(entry, { source = `c.${entry}`, ttlMs = hour, maxEntries = 10_000, content = "answer" } = {}) {
      return Number(await context.run("cache-put", [entry, JSON.stringify({ content, sourceRequestId: source }), ttlMs, maxEntries]));
    },
    entries: () => admin.zrange(`${keys.prefix}:x`, "0", "-1"),
    key: (part) => `${keys.prefix}:${part}`,
    async [Symbol.asyncDispose]() {
      await log.close();
      redis.disconnect();
    },
  };
}

export function vectorOf(entry: string, more: Partial<LoggedVector> = {}): LoggedVector {
  const [, model = "a"] = entry.split(":");
  return { id: `id-${entry}`, partition: "p", entry, model, prompt: `What is ${entry}?`, vector: new Float32Array([1, 0, 0]), ...more };
}
