import { connectClient } from "@llm-router/client";
import { createKeys, type SemanticCachePort, type SemanticMiss } from "@llm-router/contracts";
import { connectRedis, createQueueContext, define, whenReady } from "@llm-router/job-queue";
import { redisTest } from "@llm-router/testkit";
import { expect } from "vitest";
import { startScriptedWorker } from "./scripted-worker.ts";

redisTest("answers are purged by id, by model and all; what is not there is said so", async ({ redis }) => {
  await using client = await connectClient({ redis: redis.url, namespace: redis.namespace });
  const connection = connectRedis({ url: redis.url }, "commands");
  await whenReady(connection, 10_000);
  const context = createQueueContext(connection, createKeys(redis.namespace));
  for (const entry of ["a:one", "b:one", "c:two", "d:two"]) {
    await context.run("cache-put", [entry, JSON.stringify({ content: "x", sourceRequestId: `c.${entry[0]}` }), 60_000, 10]);
  }
  connection.disconnect();
  expect(await client.cache.stats()).toMatchObject({ entries: 4, stored: 4 });
  expect(await client.cache.purge({ id: "c.unknown" })).toBe(0);
  await expect(client.cache.report("c.unknown")).rejects.toMatchObject({ code: "UNKNOWN_REQUEST", id: "c.unknown" });
  expect(await client.cache.purge({ id: "c.a" })).toBe(1);
  expect(await client.cache.report("c.c")).toEqual({ entry: "c:two", purged: true, pair: undefined });
  expect(await client.cache.purge({ model: "one" })).toBe(1);
  expect(await client.cache.purge({ all: true })).toBe(1);
  expect(await client.cache.stats()).toMatchObject({ entries: 0, bytes: 0, purged: 4, reported: 0 });
  expect(await client.cache.reportedPairs()).toEqual([]);
});

/** A semantic cache that has nothing, for a reason. */
function emptyCache(state: "on" | "exact-only", reason: Omit<SemanticMiss, "kind"> = { reason: "off" }): SemanticCachePort {
  const status = { state, hits: 0, misses: {}, rejections: {}, stored: 0, storeFailures: 0 };
  return {
    lookup: async () => ({ kind: "miss", ...reason }),
    store: () => undefined,
    flushed: async () => undefined,
    state: () => ({ state }),
    status: async () => status,
    close: async () => undefined,
  };
}

redisTest("why the semantic tier had nothing is in the job's data and its history, and is counted", async ({ redis }) => {
  const told: unknown[] = [];
  await using worker = await startScriptedWorker(redis, async ({ data }) => {
    told.push((JSON.parse(data) as { cacheSkip?: string }).cacheSkip);
    return "an answer";
  });
  await define(worker.context, { field: "cache", json: JSON.stringify({ enabled: true }) }, { holder: "test", apply: false });
  const cases: [SemanticCachePort, string][] = [
    [emptyCache("on", { reason: "no-candidate" }), "no-candidate"],
    [emptyCache("on", { reason: "rejected", by: "guard:numbers" }), "guard:numbers"],
    [emptyCache("on", { reason: "rejected", by: "verifier" }), "verifier"],
    [emptyCache("on", { reason: "store" }), "store"],
    [emptyCache("on", { reason: "timeout" }), "timeout"],
    [emptyCache("exact-only"), "exact-only"],
  ];
  for (const [semanticCache, reason] of cases) {
    await using client = await connectClient({ redis: redis.url, namespace: redis.namespace, semanticCache });
    const { id } = await client.generate({ prompt: `Why ${reason}?`, temperature: 0 });
    expect((await client.attach(id).history())[0]?.detail).toMatchObject({ cache: "miss", cacheSkip: reason });
  }
  expect(told).toEqual(cases.map(([, reason]) => reason));
  await using client = await connectClient({ redis: redis.url, namespace: redis.namespace });
  const { misses } = await client.cache.stats();
  expect(misses).toEqual({ "no-candidate": 1, rejected: 2, store: 1, timeout: 1, "exact-only": 1 });
});
