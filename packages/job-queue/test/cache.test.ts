import { eventually, redisTest, startTestRedis } from "@llm-router/testkit";
import { expect, test } from "vitest";
import {
  addCacheStats,
  bookAnswers,
  CacheCounters,
  findCacheEntry,
  forgetCacheEntry,
  lookupCounts,
  noteServed,
  outcomeOfCached,
  purgeCache,
  readCachedAnswer,
  readCacheStats,
  readReportedPairs,
  readStatus,
  reportCacheHit,
  semanticCounts,
} from "../src/index.ts";
import { requestInput, toCandidates } from "../src/testing/request-input.ts";
import { openCache, vectorOf } from "./cache-fixture.ts";

redisTest("what has expired goes when the next answer is stored, before anything that is still served", async ({ redis }) => {
  await using cache = await openCache(redis);
  for (const entry of ["a:m", "b:m", "c:m"]) await cache.put(entry);
  await cache.put("short:m", { ttlMs: 1 });
  await eventually(async () => expect(await redis.admin.exists(cache.key("x:short:m"))).toBe(0));
  expect((await readCacheStats(cache.context)).entries).toBe(3);
  expect(await cache.put("d:m", { maxEntries: 4 })).toBe(0);
  expect(await cache.entries()).toEqual(["a:m", "b:m", "c:m", "d:m"]);
  expect(await redis.admin.zcard(cache.key("xe"))).toBe(4);
  expect(await readCacheStats(cache.context)).toMatchObject({ entries: 4, stored: 5, expired: 1, evicted: 0 });
});

redisTest("an entry that is evicted, purged or expired takes all of its own along", async ({ redis }) => {
  await using cache = await openCache(redis);
  for (const entry of ["a:m", "b:m", "c:m"]) {
    await cache.put(entry);
    await cache.log.put([vectorOf(entry)], { keep: true });
  }
  expect(await cache.put("d:m", { maxEntries: 3 })).toBe(1);
  expect((await redis.admin.hkeys(cache.key("xv:p"))).toSorted()).toEqual(["id-b:m", "id-c:m"]);
  expect(await forgetCacheEntry(cache.context, "b:m")).toBe(true);
  expect(await forgetCacheEntry(cache.context, "b:m")).toBe(false);
  expect(await purgeCache(cache.context)).toBe(2);
  // What is left of the cache: its counters, and the news of the changes.
  const left = await redis.admin.keys(cache.key("*").replaceAll(/[{}]/g, "[$&]"));
  expect(left.toSorted()).toEqual([cache.key("cache-stats"), cache.key("xl")].toSorted());
  expect(await readCacheStats(cache.context)).toMatchObject({ entries: 0, bytes: 0, evicted: 1, purged: 3 });
});

redisTest("bytes are those of the answers and their vectors, also after an answer was stored anew", async ({ redis }) => {
  await using cache = await openCache(redis);
  const bytes = async () => (await readCacheStats(cache.context)).bytes;
  await cache.put("a:m", { content: "x".repeat(100) });
  const alone = await bytes();
  expect(alone).toBe(await redis.admin.strlen(cache.key("x:a:m")));
  await cache.log.put([vectorOf("a:m")], { keep: true });
  const both = await bytes();
  // All but the time that the script adds.
  expect(both - alone).toBe((await redis.admin.hstrlen(cache.key("xv:p"), "id-a:m")) - 8);
  await cache.put("a:m", { content: "x".repeat(110) });
  expect(await bytes()).toBe(both + 10);
  expect(await cache.log.delete(["id-a:m", "unknown"])).toBe(1);
  expect(await bytes()).toBe(alone + 10);
  expect(await redis.admin.exists(cache.key("x:a:m"))).toBe(1);
});

redisTest("purging by model leaves the others, however many there are", async ({ redis }) => {
  await using cache = await openCache(redis);
  for (let i = 0; i < 450; i++) await cache.put(`k${i}:${i % 3 === 0 ? "one" : "two"}`);
  expect(await purgeCache(cache.context, { model: "one" })).toBe(150);
  const left = await cache.entries();
  expect(left.length).toBe(300);
  expect(left.every((entry) => entry.endsWith(":two"))).toBe(true);
  expect(await purgeCache(cache.context, { model: "one" })).toBe(0);
});

redisTest("an entry is found by itself, by the request that made it, and by one that it answered", async ({ redis }) => {
  await using cache = await openCache(redis);
  await cache.put("k:m", { source: "c.made" });
  const outcome = { state: "completed", id: "c.hit", result: { id: "c.hit", sourceRequestId: "c.made" } };
  await redis.admin.hset(cache.key("r:c.hit"), "st", "completed", "od", JSON.stringify(outcome));
  for (const id of ["k:m", "c.made", "c.hit"]) expect(await findCacheEntry(cache.context, id)).toBe("k:m");
  expect(await findCacheEntry(cache.context, "c.unknown")).toBeUndefined();
  // Made anew: who was answered by the old one leads nowhere.
  await cache.put("k:m", { source: "c.later" });
  expect(await findCacheEntry(cache.context, "c.hit")).toBeUndefined();
  expect(await findCacheEntry(cache.context, "c.later")).toBe("k:m");
});

redisTest("a reported hit is purged, and its two prompts are kept once", async ({ redis }) => {
  await using cache = await openCache(redis);
  await cache.put("k:m");
  const hit = { entry: "k:m", asked: "Who wrote Faust?", cached: "Who wrote Fidelio?", similarity: 0.9, verifierScore: 2 };
  await noteServed(cache.context, "c.1", hit, 60_000);
  expect(await redis.admin.pttl(cache.key("xr:c.1"))).toBeGreaterThan(0);
  expect(await reportCacheHit(cache.context, "c.1")).toMatchObject({ entry: "k:m", purged: true, pair: { requestId: "c.1", ...hit } });
  expect(await cache.entries()).toEqual([]);
  expect(await reportCacheHit(cache.context, "c.1")).toEqual({ entry: undefined, purged: false, pair: undefined });
  expect(await readReportedPairs(cache.context)).toEqual([expect.objectContaining({ requestId: "c.1", ...hit })]);
  expect(await readCacheStats(cache.context)).toMatchObject({ purged: 1, reported: 1 });
});

redisTest("counters of several processes add up, and are written once a second at most", async ({ redis }) => {
  await using cache = await openCache(redis);
  const counters = new CacheCounters({ context: cache.context, intervalMs: 50 });
  const before = { state: "on", hits: 0, misses: {}, rejections: { name: 4 }, stored: 0, storeFailures: 0 } as const;
  const verifierScore = { count: 2, mean: 1.5, min: 0, max: 3 };
  counters.add({ "hit:semantic": 1, "miss:no-candidate": 2, ...lookupCounts(7) });
  counters.add(semanticCounts({ ...before, rejections: { name: 4, number: 1 }, verifierScore }, before));
  expect(await redis.admin.exists(cache.key("cache-stats"))).toBe(0);
  await eventually(async () => expect(await redis.admin.exists(cache.key("cache-stats"))).toBe(1));
  await addCacheStats(cache.context, { "miss:no-candidate": 1, ...lookupCounts(900) });
  counters.add(semanticCounts({ ...before, verifierScore: { ...verifierScore, count: 4, mean: 1 } }, { ...before, verifierScore }));
  await counters.close();
  expect(await readCacheStats(cache.context)).toMatchObject({
    hits: { exact: 0, semantic: 1 },
    misses: { "no-candidate": 3 },
    rejections: { number: 1 },
    verifierScores: { count: 4, mean: 1 },
    lookups: {
      count: 2,
      meanMs: 453.5,
      buckets: [
        { atMostMs: 10, count: 1 },
        { atMostMs: null, count: 1 },
      ],
    },
  });
});

redisTest("an answer that a client gave by itself is booked once, however often it says so", async ({ redis }) => {
  await using cache = await openCache(redis);
  await cache.put("k:b", { content: "of b" });
  // The candidates' order decides, and an entry of another model is none.
  expect(await readCachedAnswer(cache.context, "k", ["a", "c"])).toBeUndefined();
  expect(await readCachedAnswer(cache.context, "k", ["b"])).toMatchObject({ entry: "k:b" });
  await cache.put("k:c", { content: "of c" });
  const found = await readCachedAnswer(cache.context, "k", ["a", "c", "b"]);
  if (!found) throw new Error("no answer");
  expect(found.entry).toBe("k:c");
  const booking = (id: string) => {
    const order = requestInput(id, { candidates: toCandidates(["a", "c", "b"]), tenant: "t" });
    return { order, entry: found.entry, outcome: outcomeOfCached(id, found) };
  };
  await bookAnswers(cache.context, [booking("c1.1"), booking("c1.2"), booking("c1.1")]);
  await bookAnswers(cache.context, [booking("c1.2")]);
  expect(await redis.admin.hgetall(cache.key("stats"))).toMatchObject({ cacheHits: "2", "n:completed:2:": "2" });
  expect(await redis.admin.zcard(cache.key("outcomes"))).toBe(2);
  expect(await redis.admin.zcard(cache.key("deadlines"))).toBe(0);
  const status = await readStatus(cache.context, "c1.2");
  expect(status).toMatchObject({ state: "completed", tenant: "t", outcome: { result: { id: "c1.2", cached: "exact", content: "of c" } } });
  expect(await redis.admin.pttl(cache.key("r:c1.2"))).toBeGreaterThan(3_000_000);
});

test("a full Redis takes no more answers, and can be purged", async () => {
  await using redis = await startTestRedis();
  await using cache = await openCache(redis);
  for (let i = 0; i < 20; i++) await cache.put(`k${i}:m`, { content: "x".repeat(20_000) });
  await cache.log.put([vectorOf("k0:m")], { keep: true });
  await redis.admin.config("SET", "maxmemory", "1mb");
  await expect(cache.put("more:m")).rejects.toThrow(/OOM/);
  await expect(cache.log.put([vectorOf("k1:m")], { keep: true })).rejects.toMatchObject({ code: "REDIS_FULL" });
  await addCacheStats(cache.context, { "miss:store": 1 });
  expect(await cache.log.delete(["id-k0:m"])).toBe(1);
  expect(await purgeCache(cache.context)).toBe(20);
  await redis.admin.config("SET", "maxmemory", "0");
  expect(await cache.put("more:m")).toBe(0);
  expect(await readCacheStats(cache.context)).toMatchObject({ entries: 1, misses: { store: 1 } });
});
