import { connectRedis, createVectorLog } from "@llm-router/job-queue";
import { eventually, type QdrantStandIn, redisTest, type RedisAccess, startQdrantStandIn, type StandInMode } from "@llm-router/testkit";
import { expect } from "vitest";
import type { VectorStore } from "../../src/ports.ts";
import { createVectorStore } from "../../src/stores/create-store.ts";
import { QdrantStore, type QdrantStoreOptions } from "../../src/stores/qdrant/qdrant-store.ts";
import { pointOf, testDimensions } from "../../src/testing/vectors.ts";
import { openAnswers, openStores } from "./store-fixture.ts";

const collection = "c";
const point = pointOf({ prompt: "What is Python?" });
const query = { partition: "p", vector: point.vector, limit: 5, floor: 0.5, models: ["a"] };
/** Long enough for a loaded machine to answer in. */
const timeoutMs = 2_000;

function opening(redis: RedisAccess, { url }: QdrantStandIn, more: Partial<QdrantStoreOptions> = {}) {
  const breaker = { firstPauseMs: 600, longestPauseMs: 600 };
  return openStores(redis, (log) => new QdrantStore({ url, log, collection, dimensions: testDimensions, timeoutMs, breaker, ...more }));
}

async function isFound(store: VectorStore): Promise<boolean> {
  return (await store.query(query)).length === 1;
}

redisTest("the collection is made for many tenants, each searched by itself", async ({ redis }) => {
  await using server = await startQdrantStandIn();
  await using subject = await opening(redis, server);
  const asked = (method: string, path: RegExp) => server.requests.filter((each) => each.method === method && path.test(each.path));
  expect(asked("PUT", /^\/collections\/c(\?.*)?$/)).toMatchObject([
    { body: { vectors: { size: testDimensions, distance: "Cosine" }, hnsw_config: { m: 0, payload_m: 16 } } },
  ]);
  expect(asked("PUT", /\/index/).map(({ body }) => body)).toEqual([
    { field_name: "partition", field_schema: { type: "keyword", is_tenant: true } },
    { field_name: "model", field_schema: { type: "keyword" } },
    { field_name: "expires_at", field_schema: { type: "integer", lookup: false, range: true } },
  ]);
  await subject.openAnother();
  expect(asked("PUT", /^\/collections\/c(\?.*)?$/).length).toBe(1);
  expect(asked("PUT", /\/index/).length).toBe(3);
  await subject.admit([point]);
  await subject.store.upsert([point]);
  expect(asked("PUT", /\/points/)).toMatchObject([{ path: "/collections/c/points?wait=false", body: { points: [{ id: point.id }] } }]);
});

redisTest.for([
  ["hang", /no answer in time/],
  ["down", /fetch failed/],
  ["garbage", /not one of Qdrant's/],
  ["error", /HTTP 500/],
] as [StandInMode, RegExp][])(
  "while Qdrant plays '%s' queries fail soon, then at once, it shows, and all is well by itself afterwards",
  async ([mode, reason], { redis }) => {
    await using server = await startQdrantStandIn();
    await using subject = await opening(redis, server, { timeoutMs: mode === "hang" ? 300 : timeoutMs });
    await subject.admit([point]);
    await subject.store.upsert([point]);
    await eventually(async () => expect(await isFound(subject.store)).toBe(true));
    server.mode = mode;
    for (let i = 0; i < 3; i++) await expect(subject.store.query(query)).rejects.toThrow(reason);
    const asked = server.requests.length;
    await expect(subject.store.query(query)).rejects.toThrow(/left alone/);
    expect(server.requests.length).toBe(asked);
    expect(await subject.store.health()).toEqual({ ok: false, detail: expect.stringMatching(reason) });
    server.mode = "ok";
    await eventually(async () => expect(await isFound(subject.store)).toBe(true));
    expect(await subject.store.health()).toEqual({ ok: true, entries: 1 });
  },
);

redisTest("a Qdrant that is not there at the start is used once it is", async ({ redis }) => {
  await using server = await startQdrantStandIn();
  await using context = disposable(await openAnswers(redis));
  server.mode = "down";
  await using store = disposable(
    await createVectorStore({
      store: { type: "qdrant", url: server.url, collection: "llm-router", timeoutMs },
      log: createVectorLog({ context, blocking: connectRedis({ url: redis.url }, "blocking") }),
      namespace: redis.namespace,
      embedder: { dimensions: testDimensions, version: "all-MiniLM-L6-v2@1f2e" },
    }),
  );
  await expect(store.query(query)).rejects.toThrow(/fetch failed/);
  server.mode = "ok";
  await eventually(async () => expect(await store.query(query)).toEqual([]));
  expect(server.requests.at(-1)?.path).toMatch(
    new RegExp(`^/collections/llm-router-${redis.namespace}-all-MiniLM-L6-v2-1f2e-[0-9a-f]{8}/points/query$`),
  );
});

redisTest("a collection that vanishes is made anew", async ({ redis }) => {
  await using server = await startQdrantStandIn();
  await using subject = await opening(redis, server);
  server.reset();
  await expect(subject.store.query(query)).rejects.toThrow(/404/);
  expect(await subject.store.query(query)).toEqual([]);
});

redisTest("a collection with other vectors is refused by name, and left as it is", async ({ redis }) => {
  await using server = await startQdrantStandIn();
  const config = { vectors: { size: 8, distance: "Dot" } };
  const path = `${server.url}/collections/c`;
  await fetch(path, { method: "PUT", body: JSON.stringify(config) });
  await expect(opening(redis, server)).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: expect.stringMatching(/collection c holds vectors of 8 numbers compared by "Dot", not of 384 by "Cosine"/),
  });
  expect(server.requests.filter(({ method, path: at }) => method === "PUT" && at !== "/collections/c")).toEqual([]);
});

redisTest("the key is sent, and without it Qdrant's refusal shows without the key", async ({ redis }) => {
  await using server = await startQdrantStandIn({ apiKey: "open-sesame" });
  await using subject = await opening(redis, server, { apiKey: "open-sesame" });
  expect(await subject.store.query(query)).toEqual([]);
  const refused = await opening(redis, server, { apiKey: "wrong-secret" }).catch((error: unknown) => String(error));
  expect(refused).toMatch(/HTTP 401 \(Must provide an API key\)/);
  expect(refused).not.toContain("wrong-secret");
});

redisTest("what is evicted leaves Qdrant, too, and what has expired is swept", async ({ redis }) => {
  await using server = await startQdrantStandIn();
  await using subject = await opening(redis, server);
  const old = pointOf({ prompt: "old", expiresAt: Date.now() + 500 });
  await subject.admit([point, old]);
  await subject.store.upsert([point, old]);
  const count = async () => (await subject.store.health()).entries;
  await eventually(async () => expect(await count()).toBe(2));
  await subject.evict(point.entry);
  await eventually(async () => expect(await count()).toBe(1));
  await eventually(async () => {
    await subject.store.warmUp();
    expect(await count()).toBe(0);
  });
});

function disposable<T extends { close?(): Promise<void>; redis?: { disconnect(): void } }>(value: T): T & AsyncDisposable {
  return Object.assign(value, {
    async [Symbol.asyncDispose]() {
      value.redis?.disconnect();
      await value.close?.();
    },
  });
}
