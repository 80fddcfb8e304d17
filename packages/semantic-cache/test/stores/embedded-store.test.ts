import { addCacheStats } from "@llm-router/job-queue";
import { eventually, redisTest, startTestRedis } from "@llm-router/testkit";
import { expect, test } from "vitest";
import { EmbeddedStore } from "../../src/stores/embedded/embedded-store.ts";
import { pointOf, randomVector, testDimensions } from "../../src/testing/vectors.ts";
import { openStores } from "./store-fixture.ts";

const all = { vector: randomVector(0), limit: 1_000, floor: -1, models: ["a"] };

redisTest(
  "beyond its memory the partitions that were asked least recently go, and are loaded again when they are asked",
  async ({ redis }) => {
    // Room for about two of these partitions.
    await using subject = await openStores(redis, (log) => new EmbeddedStore({ log, dimensions: testDimensions, maxBytes: 300_000 }));
    const { store } = subject;
    const partitions = ["p1", "p2", "p3", "p4"];
    for (const partition of partitions) {
      const points = Array.from({ length: 50 }, (_, i) => pointOf({ prompt: `q${i}`, partition }));
      await subject.admit(points);
      await store.upsert(points);
      expect((await store.query({ ...all, partition })).length).toBe(50);
    }
    const { bytes = 0, entries = 0 } = await store.health();
    expect(bytes).toBeLessThan(300_000);
    expect(bytes).toBeGreaterThan(100_000);
    expect(entries).toBeLessThan(150);
    for (const partition of partitions) expect((await store.query({ ...all, partition })).length).toBe(50);
  },
);

test("while Redis is away what is in memory is found on; what it missed is read when Redis is back", async () => {
  await using redis = await startTestRedis();
  await using subject = await openStores(redis, (log) => new EmbeddedStore({ log, dimensions: testDimensions }));
  const { store } = subject;
  const point = pointOf({ prompt: "q" });
  await subject.admit([point]);
  await store.upsert([point]);
  const idsOf = async () => (await store.query({ ...all, partition: "p" })).map(({ id }) => id);
  expect(await idsOf()).toEqual([point.id]);
  await redis.server.kill9();
  expect(await idsOf()).toEqual([point.id]);
  await expect(store.query({ ...all, partition: "other" })).rejects.toMatchObject({ code: "REDIS_UNAVAILABLE" });
  expect(await store.health()).toMatchObject({ ok: false, detail: expect.stringContaining("Redis") });
  await redis.server.restart();
  await eventually(async () => expect(await store.query({ ...all, partition: "other" })).toEqual([]));
  const later = pointOf({ prompt: "later" });
  await eventually(() => addCacheStats(subject.context, { "miss:none": 1 }));
  await subject.admit([later]);
  await (await subject.openAnother()).upsert([later]);
  await eventually(async () => expect(new Set(await idsOf())).toEqual(new Set([point.id, later.id])));
  expect(await store.health()).toMatchObject({ ok: true });
});

redisTest("a first question and a storm of changes at once: nothing is missed", async ({ redis }) => {
  await using subject = await openStores(redis, (log) => new EmbeddedStore({ log, dimensions: testDimensions }));
  const points = Array.from({ length: 300 }, (_, i) => pointOf({ prompt: `q${i}`, vector: randomVector(i) }));
  await subject.admit(points);
  const other = await subject.openAnother();
  await other.upsert(points.slice(0, 150));
  await Promise.all([
    subject.store.query({ ...all, partition: "p" }),
    other.upsert(points.slice(150)),
    other.delete(points.slice(0, 50).map(({ id }) => id)),
  ]);
  const right = new Set(points.slice(50).map(({ id }) => id));
  await eventually(async () => {
    expect(new Set((await subject.store.query({ ...all, partition: "p" })).map(({ id }) => id))).toEqual(right);
  });
});
