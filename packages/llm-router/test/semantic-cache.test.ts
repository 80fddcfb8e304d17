// The semantic cache in the library: the real models, a real Redis, and a model server that counts its calls.
import { startSimulator } from "@llm-router/simulator";
import { eventually, redisTest, type RedisAccess } from "@llm-router/testkit";
import { createKeys } from "@llm-router/contracts";
import { expect } from "vitest";
import { Client, type Request } from "llm-router";
import { errorOf, newRouter, untilCached } from "./support.ts";

const options = { similarityThreshold: 0.92, ttlHours: 24, maxEntries: 1_000 };
const ask = (prompt: string, changes: Partial<Request> = {}): Request => ({ prompt, temperature: 0.1, ...changes });

/** Until so many questions can be found in other words. */
async function untilRemembered({ admin, namespace }: RedisAccess, count: number): Promise<void> {
  const { prefix } = createKeys(namespace);
  await eventually(async () => {
    const partitions = await admin.keys(`${prefix}:xv:*`);
    const sizes = await Promise.all(partitions.map((key) => admin.hlen(key)));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(count);
  });
}

redisTest("a question in other words is answered from the cache, others are not", async ({ redis }) => {
  await using simulator = await startSimulator();
  await using router = newRouter(redis);
  router.enableCache(options).addModel("local", { provider: "ollama", model: "m", baseUrl: simulator.url });
  const first = await router.generate(ask("What is Python?"));
  expect(first.cached).toBe(false);
  await untilRemembered(redis, 1);
  // A machine that is busy may need longer for a lookup than a request waits for it; then it is asked again.
  const second = await eventually(() => router.generate(ask("Tell me about the Python programming language", { cache: "only" })));
  expect(second).toMatchObject({ cached: "semantic", content: first.content, sourceRequestId: first.id, attempts: [], modelUsed: "local" });
  expect(second.similarity).toBeCloseTo(0.846, 2);
  expect(second.verifierScore).toBeGreaterThan(0);
  expect(simulator.stats.received).toBe(1);
  const called = async (request: Request) => (await router.generate(request)).cached;
  expect(await called(ask("How do I sort a list in Python?"))).toBe(false);
  expect(await called(ask("What is Jython?"))).toBe(false);
  expect(await called(ask("Tell me about the Python programming language", { tenant: "another" }))).toBe(false);
  expect(await called(ask("Tell me about the Python programming language", { system: "Be brief." }))).toBe(false);
  expect(await called(ask("Tell me about the Python programming language", { temperature: 0.5 }))).toBe(false);
  expect(await called(ask("Tell me about the Python programming language", { cache: "bypass" }))).toBe(false);
  expect(simulator.stats.received).toBe(7);
});

redisTest("the hit can be reported, is counted, and is not served again", async ({ redis }) => {
  await using simulator = await startSimulator();
  await using router = newRouter(redis);
  await using client = new Client({ redis: redis.url, namespace: redis.namespace, env: {} });
  router.enableCache(options).addModel("local", { provider: "ollama", model: "m", baseUrl: simulator.url });
  await router.generate(ask("How can I cancel my subscription?"));
  await untilRemembered(redis, 1);
  const other = ask("How do I cancel my subscription?", { cache: "only" });
  const { id, similarity } = await eventually(() => router.generate(other));
  expect(similarity).toBeGreaterThan(0.92);
  await eventually(async () => expect((await client.cache.stats()).hits).toEqual({ exact: 0, semantic: 1 }));
  const { pair } = await eventually(() => client.cache.report(id));
  expect(pair).toMatchObject({ asked: "How do I cancel my subscription?", cached: "How can I cancel my subscription?" });
  expect((await errorOf(router.generate(other))).code).toBe("CACHE_MISS");
});

redisTest.for([
  ["with its weights", {}, { state: "on", store: { ok: true } }],
  ["without", { weights: "/nowhere" }, { state: "exact-only", detail: "there are no weights in /nowhere/all-MiniLM-L6-v2" }],
] as const)("the worker of a router says whether it has a semantic cache, %s", async ([, changes, state], { redis }) => {
  await using router = newRouter(redis);
  await using client = new Client({ redis: redis.url, namespace: redis.namespace, env: {} });
  router.enableCache({ ...options, ...changes }).addModel("local", { backend: { generate: async () => ({ content: "A language." }) } });
  expect((await router.generate(ask("What is Python?"))).content).toBe("A language.");
  // It says so with its next beat, every 2 s.
  await eventually(async () => expect((await client.getWorkers()).map(({ info }) => info["semanticCache"])).toEqual([state]));
});

redisTest("`semantic: false` and a threshold of 1 leave equal questions only", async ({ redis }) => {
  await using simulator = await startSimulator();
  await using router = newRouter(redis);
  router.enableCache({ semantic: false }).addModel("local", { provider: "ollama", model: "m", baseUrl: simulator.url });
  await router.generate(ask("What is Python?"));
  await untilCached(redis, 1);
  expect((await errorOf(router.generate(ask("What's Python?", { cache: "only" })))).code).toBe("CACHE_MISS");
  expect(await router.generate(ask("What is Python?"))).toMatchObject({ cached: "exact" });
  expect(await redis.admin.keys(`${createKeys(redis.namespace).prefix}:xv:*`)).toEqual([]);
});
