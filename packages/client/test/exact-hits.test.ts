import { connectClient } from "@llm-router/client";
import { cacheKey, createKeys } from "@llm-router/contracts";
import { define, type QueueContext } from "@llm-router/job-queue";
import { eventually, redisTest, spawnNode, type RedisAccess } from "@llm-router/testkit";
import { expect, test } from "vitest";
import { HitShare } from "../src/cache-lookup.ts";
import { startScriptedWorker } from "./scripted-worker.ts";

const question = { prompt: "What is Python?", temperature: 0 };
const usage = { promptTokens: 1, completionTokens: 2, totalTokens: 3 };
const stored = { content: "A language.", modelUsed: "tiny", usage, finishReason: "stop", sourceRequestId: "c.source" };

/** A namespace with one model, its cache switched on, with the answer to the question in it. */
async function startCached(redis: RedisAccess): Promise<AsyncDisposable & { context: QueueContext; runs: string[] }> {
  const worker = await startScriptedWorker(redis, async () => "A model's answer.");
  await define(worker.context, { field: "cache", json: JSON.stringify({ enabled: true }) }, { holder: "test", apply: false });
  await store(worker.context);
  return worker;
}

async function store(context: QueueContext): Promise<void> {
  await context.run("cache-put", [`${cacheKey(question)}:tiny`, JSON.stringify(stored), 60_000, 10]);
}

async function functionCalls({ redis }: QueueContext): Promise<number> {
  return Number(/cmdstat_fcall:calls=(\d+)/.exec(await redis.info("commandstats"))?.[1] ?? 0);
}

redisTest("an equal question is answered before Redis has a record of it, which is there for whoever asks", async ({ redis }) => {
  await using worker = await startCached(redis);
  await using client = await connectClient({ redis: redis.url, namespace: redis.namespace });
  const result = await client.generate(question);
  expect(result).toEqual({
    id: result.id,
    success: true,
    latencyMs: 0,
    waitMs: 0,
    attempts: [],
    skipped: [],
    cached: "exact",
    coalesced: false,
    ...stored,
  });
  const job = client.attach(result.id);
  expect((await job.history()).map(({ type, detail }) => [type, detail])).toEqual([
    ["queued", { cache: "exact" }],
    ["completed", undefined],
  ]);
  expect(await job.result()).toEqual(result);
  expect(await client.getStats()).toMatchObject({ accepted: 1, successes: 1, cacheHits: 1, requestsByModel: {} });
  expect(worker.runs).toEqual([]);
});

redisTest("answers given at once are booked together, each once, and are the last use of their entry", async ({ redis }) => {
  await using worker = await startCached(redis);
  const { context } = worker;
  await using client = await connectClient({ redis: redis.url, namespace: redis.namespace });
  await context.redis.zadd(`${context.keys.prefix}:x`, 1, `${cacheKey(question)}:tiny`);
  const before = await functionCalls(context);
  const results = await Promise.all(Array.from({ length: 128 }, () => client.generate(question)));
  const { accepted, cacheHits } = await client.getStats();
  expect({ accepted, cacheHits }).toEqual({ accepted: 128, cacheHits: 128 });
  expect(new Set(results.map(({ id }) => id)).size).toBe(128);
  // Eight of 16, if they all come together; the rest is for what a client does anyway. One call each would be 128.
  expect((await functionCalls(context)) - before).toBeLessThan(100);
  expect(Number(await context.redis.zscore(`${context.keys.prefix}:x`, `${cacheKey(question)}:tiny`))).toBeGreaterThan(1);
});

redisTest("closing books what was answered, and so does a process that ends by itself", async ({ redis }) => {
  await using worker = await startCached(redis);
  const client = await connectClient({ redis: redis.url, namespace: redis.namespace });
  const { id } = await client.generate(question);
  await client.close();
  expect(await worker.context.redis.exists(worker.context.keys.record(id))).toBe(1);
  await using other = spawnNode(new URL("exact-hit.fixture.ts", import.meta.url), { args: [redis.url, redis.namespace] });
  const [, told = ""] = await other.waitForLine(/^answered (\S+)$/);
  expect((await other.exited).code).toBe(0);
  expect(await worker.context.redis.exists(worker.context.keys.record(told))).toBe(1);
});

redisTest("what others may ask for has its record before it is answered", async ({ redis }) => {
  await using worker = await startCached(redis);
  const { context } = worker;
  await using client = await connectClient({ redis: redis.url, namespace: redis.namespace });
  const isKnown = async (id: string) => (await context.redis.exists(context.keys.record(id))) === 1;
  const job = await client.enqueue(question);
  expect([await isKnown(job.id), (await job.result()).cached]).toEqual([true, "exact"]);
  // The script says of a hit what the client does.
  expect({ ...(await job.result()), id: "" }).toEqual({ ...(await client.generate(question)), id: "" });
  const { id, cached } = await client.generate({ ...question, idempotencyKey: "once" });
  expect([await isKnown(id), cached]).toEqual([true, "exact"]);
  expect((await client.generate({ ...question, idempotencyKey: "once" })).id).toBe(id);
});

redisTest("Redis away or full after the answer: the caller has it, and it is booked once Redis takes it", async ({ redis }) => {
  await using _worker = await startCached(redis);
  await using client = await connectClient({ redis: redis.url, namespace: redis.namespace });
  await redis.admin.config("SET", "maxmemory", "1");
  expect((await client.generate(question)).cached).toBe("exact");
  expect(await client.getStats()).toMatchObject({ accepted: 0 });
  await redis.admin.config("SET", "maxmemory", "0");
  expect((await client.generate(question)).cached).toBe("exact");
  await redis.admin.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
  await eventually(async () => expect(await client.getStats()).toMatchObject({ accepted: 1, cacheHits: 1 }));
});

redisTest("an answer of a model that is no candidate, and one that is gone, are not served", async ({ redis }) => {
  await using worker = await startCached(redis);
  const { context } = worker;
  await using client = await connectClient({ redis: redis.url, namespace: redis.namespace });
  expect((await client.generate(question)).cached).toBe("exact");
  await context.run("cache-put", [`${cacheKey(question)}:other`, JSON.stringify(stored), 60_000, 10]);
  await client.cache.purge({ model: "tiny" });
  expect(await client.generate(question)).toMatchObject({ cached: false, content: "A model's answer." });
  await store(context);
  await context.redis.pexpire(`${createKeys(redis.namespace).prefix}:x:${cacheKey(question)}:tiny`, 1);
  const onlyCached = () => client.generate({ ...question, cache: "only" });
  await eventually(() => expect(onlyCached()).rejects.toMatchObject({ code: "CACHE_MISS" }));
});

test("the cache is asked first as long as that pays", () => {
  const share = new HitShare();
  expect(share.pays).toBe(true);
  for (let i = 0; i < 100; i++) share.note(false);
  expect(share.pays).toBe(false);
  for (let i = 0; i < 3; i++) share.note(true);
  expect(share.pays).toBe(true);
});
