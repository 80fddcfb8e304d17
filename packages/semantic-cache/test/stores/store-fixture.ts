import { createKeys, type VectorLog } from "@llm-router/contracts";
import { connectRedis, createQueueContext, createVectorLog, forgetCacheEntry, type QueueContext, whenReady } from "@llm-router/job-queue";
import type { RedisAccess } from "@llm-router/testkit";
import type { VectorPoint, VectorStore } from "../../src/ports.ts";
import type { VectorStoreUnderTest } from "../../src/testing/describe-vector-store.ts";

/** A namespace's answers, as a worker stores them. */
export async function openAnswers({ url, namespace }: Pick<RedisAccess, "url" | "namespace">): Promise<QueueContext> {
  const redis = connectRedis({ url }, "commands");
  await whenReady(redis, 10_000);
  return createQueueContext(redis, createKeys(namespace));
}

export async function putAnswer(context: QueueContext, entry: string, ttlMs: number, maxEntries = 10_000): Promise<void> {
  await context.run("cache-put", [
    entry,
    JSON.stringify({ content: entry, sourceRequestId: `made-${entry}` }),
    Math.ceil(ttlMs),
    maxEntries,
  ]);
}

/** Stores on one namespace, each with a log of its own as another process has it. */
export async function openStores(
  redis: RedisAccess,
  create: (log: VectorLog) => VectorStore,
): Promise<VectorStoreUnderTest & { context: QueueContext }> {
  const context = await openAnswers(redis);
  const opened: VectorStore[] = [];
  const openAnother = async () => {
    const store = create(createVectorLog({ context, blocking: connectRedis({ url: redis.url }, "blocking") }));
    opened.push(store);
    await store.warmUp();
    return store;
  };
  return {
    context,
    store: await openAnother(),
    openAnother,
    async admit(points: readonly VectorPoint[]) {
      await Promise.all(points.map(({ entry, expiresAt }) => putAnswer(context, entry, expiresAt - Date.now())));
    },
    async evict(entry) {
      await forgetCacheEntry(context, entry);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(opened.map((store) => store.close()));
      context.redis.disconnect();
    },
  };
}
