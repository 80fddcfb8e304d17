import type { StoredVector, VectorChange } from "@llm-router/contracts";
import { eventually, redisTest, startTestRedis } from "@llm-router/testkit";
import { expect, test } from "vitest";
import type { CacheFixture } from "./cache-fixture.ts";
import { openCache, vectorOf } from "./cache-fixture.ts";

function ids(list: readonly { id: string }[]): string[] {
  return list.map(({ id }) => id).toSorted();
}

async function load(cache: CacheFixture, partition = "p"): Promise<StoredVector[]> {
  const all: StoredVector[] = [];
  await cache.log.load(partition, (points) => all.push(...points));
  return all;
}

redisTest("a vector comes back as it was kept, with the time at which its answer expires", async ({ redis }) => {
  await using cache = await openCache(redis);
  await cache.put("k:m", { ttlMs: 60_000 });
  const vector = Float32Array.from({ length: 384 }, (_, i) => Math.sin(i));
  const point = vectorOf("k:m", { prompt: "Was heißt „früh“ – 早い?", vector });
  const [expiresAt] = await cache.log.put([point], { keep: true });
  expect(expiresAt).toBe(Number(await redis.admin.zscore(cache.key("xe"), "k:m")));
  expect(await load(cache)).toEqual([{ ...point, expiresAt }]);
  expect(await cache.log.read("p", ["other", point.id])).toEqual([undefined, { ...point, expiresAt }]);
  expect(await redis.admin.pttl(cache.key("xv:p"))).toBeGreaterThan(50_000);
});

redisTest("a vector without an answer is not kept, and one that is only bound is not loaded", async ({ redis }) => {
  await using cache = await openCache(redis);
  await cache.put("k:m");
  expect(await cache.log.put([vectorOf("gone:m"), vectorOf("k:m")], { keep: false })).toEqual([0, expect.any(Number)]);
  expect(await load(cache)).toEqual([]);
  expect(await cache.log.delete(["id-gone:m", "id-k:m"])).toBe(1);
});

redisTest("many are loaded in batches, and cleared", async ({ redis }) => {
  await using cache = await openCache(redis);
  const points = Array.from({ length: 1_200 }, (_, i) => vectorOf(`k${i}:m`, { partition: i % 2 === 0 ? "even" : "odd" }));
  await Promise.all(points.map(({ entry }) => cache.put(entry)));
  await cache.log.put(points, { keep: true });
  expect(ids(await load(cache, "even"))).toEqual(ids(points.filter((_, i) => i % 2 === 0)));
  await cache.log.clear();
  expect([...(await load(cache, "even")), ...(await load(cache, "odd"))]).toEqual([]);
  expect((await cache.entries()).length).toBe(1_200);
});

redisTest("who follows is told what another process puts, and what goes with its answer", async ({ redis }) => {
  await using here = await openCache(redis);
  await using there = await openCache(redis);
  const told: VectorChange[] = [];
  await here.log.follow((changes) => told.push(...changes));
  await there.put("k:m");
  await there.log.put([vectorOf("k:m")], { keep: true });
  await there.put("l:m", { maxEntries: 1 });
  const change = { partition: "p", id: "id-k:m" };
  await eventually(() =>
    expect(told).toEqual([
      { kind: "put", ...change },
      { kind: "delete", ...change },
    ]),
  );
});

redisTest("who has missed changes, or was cut off, is told so", async ({ redis }) => {
  await using here = await openCache(redis);
  await using there = await openCache(redis);
  const told: VectorChange[] = [];
  await here.log.follow((changes) => told.push(...changes));
  await there.put("k:m");
  await there.log.put([vectorOf("k:m")], { keep: true });
  await eventually(() => expect(told.map(({ kind }) => kind)).toEqual(["put"]));
  // As if the change after that one had been trimmed unread.
  await redis.admin.xadd(there.key("xl"), "*", "k", "put", "p", "p", "v", "x", "b", "1-1");
  await eventually(() => expect(told.map(({ kind }) => kind)).toEqual(["put", "reset", "put"]));
  const clients = String(await redis.admin.client("LIST"));
  const ours = clients.split("\n").filter((line) => line.includes(`name=${redis.namespace} `));
  for (const line of ours) await redis.admin.client("KILL", "ID", /^id=(\d+)/.exec(line)?.[1] ?? "");
  await eventually(() => expect(told.at(-1)).toEqual({ kind: "reset" }));
  await eventually(async () => {
    await there.log.put([vectorOf("k:m")], { keep: true });
    expect(told.at(-1)).toMatchObject({ kind: "put" });
  });
});

test("closing does not wait for a Redis that is away", async () => {
  await using redis = await startTestRedis();
  await using cache = await openCache(redis);
  const told: VectorChange[] = [];
  await cache.log.follow((changes) => told.push(...changes));
  await redis.server.kill9();
  await eventually(() => expect(cache.context.redis.status).not.toBe("ready"));
  const startedAt = performance.now();
  await cache.log.close();
  expect(performance.now() - startedAt).toBeLessThan(3_000);
  expect(told).toEqual([]);
});
