import { startSimulator } from "@llm-router/simulator";
import { eventually, redisTest } from "@llm-router/testkit";
import type { Request, Result } from "llm-router";
import { expect } from "vitest";
import { errorOf, newRouter, untilCached } from "./support.ts";

const cold: Request = { prompt: "What is Python?", temperature: 0 };

redisTest("the same question at temperature 0 is answered from the cache, without a call", async ({ redis }) => {
  await using simulator = await startSimulator({ latencyMs: 50 });
  await using router = newRouter(redis);
  router.enableCache().addModel("local", { provider: "ollama", model: "m", baseUrl: simulator.url });
  const { cacheSkip: _nothingNear, ...first } = await router.generate(cold);
  expect(first).toMatchObject({ cached: false });
  await untilCached(redis, 1);
  const second = await router.generate({ ...cold, prompt: "  What is Python?\r\n" });
  expect(second).toEqual({
    ...first,
    id: second.id,
    cached: "exact",
    sourceRequestId: first.id,
    latencyMs: second.latencyMs,
    waitMs: 0,
    attempts: [],
  } satisfies Result);
  expect(second.id).not.toBe(first.id);
  expect(second.latencyMs).toBeLessThan(first.latencyMs);
  expect(simulator.stats.received).toBe(1);
  // Of the entry nothing but its age and use was touched: a third one is told the same source.
  expect(await router.generate(cold)).toMatchObject({ cached: "exact", sourceRequestId: first.id });
  const stats = await router.getStats();
  expect(stats).toMatchObject({ totalRequests: 3, successes: 3, cacheHits: 2, requestsByModel: { local: 1 } });
});

redisTest("another process's router answers from the cache too, and a stored outcome stays readable", async ({ redis }) => {
  await using simulator = await startSimulator();
  await using router = newRouter(redis);
  await using other = newRouter(redis);
  router.enableCache().addModel("local", { provider: "ollama", model: "m", baseUrl: simulator.url });
  const { content } = await router.generate(cold);
  await untilCached(redis, 1);
  const job = await other.enqueue({ ...cold, tenant: undefined as never });
  expect(await job.result()).toMatchObject({ cached: "exact", content });
  expect(await router.attach(job.id).result()).toMatchObject({ id: job.id, cached: "exact", content });
  expect(await job.status()).toMatchObject({ state: "completed", tenant: "" });
  expect((await job.history()).map(({ type, detail }) => [type, detail])).toEqual([
    ["queued", { cache: "exact" }],
    ["completed", undefined],
  ]);
  expect(simulator.stats.received).toBe(1);
});

redisTest("a hit's record belongs to the tenant that asked, and tenants never share an answer", async ({ redis }) => {
  await using simulator = await startSimulator();
  await using router = newRouter(redis);
  router.enableCache().addModel("local", { provider: "ollama", model: "m", baseUrl: simulator.url });
  for (const tenant of ["a", "b"]) expect((await router.generate({ ...cold, tenant })).cached).toBe(false);
  await untilCached(redis, 2);
  const job = await router.enqueue({ ...cold, tenant: "b" });
  expect(await job.result()).toMatchObject({ cached: "exact" });
  expect(await job.status()).toMatchObject({ tenant: "b" });
});

redisTest("a streamed request that hits the cache yields the whole text", async ({ redis }) => {
  await using simulator = await startSimulator();
  await using router = newRouter(redis);
  router.enableCache().addModel("local", { provider: "ollama", model: "m", baseUrl: simulator.url });
  const { content } = await router.generate(cold);
  await untilCached(redis, 1);
  const stream = router.stream(cold);
  const deltas = await Array.fromAsync(stream);
  expect(deltas.map(({ text }) => text ?? "").join("")).toBe(content);
  expect(deltas.at(-1)?.finishReason).toBe("stop");
  expect(await stream.result()).toMatchObject({ cached: "exact", content });
  const job = await router.enqueue(cold);
  expect((await Array.fromAsync(job.tokens())).join("")).toBe(content);
  const events = await Array.fromAsync(router.attach(job.id).events());
  expect(events.map(({ type }) => type)).toEqual(["queued", "delta", "completed"]);
  expect(simulator.stats.received).toBe(1);
});

redisTest(
  "an unset temperature, or one above 0.3, is not cached; a defaultTemperature of 0.3 or less is sent, and cached",
  async ({ redis }) => {
    await using simulator = await startSimulator();
    await using router = newRouter(redis);
    router.enableCache();
    const model = { provider: "ollama", model: "m", baseUrl: simulator.url };
    router
      .addModel("plain", model)
      .addModel("warm", { ...model, defaultTemperature: 0.31 })
      .addModel("cold", { ...model, defaultTemperature: 0.3 });
    const skips = async (request: Request) => {
      const first = await router.generate(request);
      expect(await router.generate(request)).toMatchObject({ cached: false });
      return first.cacheSkip;
    };
    expect(await skips({ prompt: "a", model: "plain" })).toBe("temperature");
    expect(await skips({ prompt: "b", model: "plain", temperature: 0.31 })).toBe("temperature");
    expect(await skips({ prompt: "c", model: "warm" })).toBe("temperature");
    expect(await skips({ prompt: "d", models: ["cold", "plain"] })).toBe("temperature");
    expect(await skips({ prompt: "e", model: "cold", providerOptions: { temperature: 1 } })).toBe("temperature");
    expect(await redis.admin.zcard(`{${redis.namespace}}:x`)).toBe(0);
    await router.generate({ prompt: "f", model: "cold" });
    await untilCached(redis, 1);
    expect(await router.generate({ prompt: "f", model: "cold" })).toMatchObject({ cached: "exact" });
    // What was sent by default is another request than what was asked for, even where the number is the same.
    expect(await router.generate({ prompt: "f", model: "cold", temperature: 0.3 })).toMatchObject({ cached: false });
  },
);

redisTest("an answer serves only requests whose candidates include the model that gave it", async ({ redis }) => {
  await using simulator = await startSimulator();
  await using router = newRouter(redis);
  router.enableCache();
  for (const name of ["one", "two"]) router.addModel(name, { provider: "ollama", model: name, baseUrl: simulator.url });
  await router.generate({ ...cold, model: "one" });
  await untilCached(redis, 1);
  expect(await router.generate({ ...cold, model: "two" })).toMatchObject({ cached: false, modelUsed: "two" });
  await untilCached(redis, 2);
  expect(await router.generate({ ...cold, model: "two" })).toMatchObject({ cached: "exact", modelUsed: "two" });
  // Of two, the one that the request prefers.
  expect(await router.generate({ ...cold, models: ["two", "one"] })).toMatchObject({ cached: "exact", modelUsed: "two" });
  expect(await router.generate({ ...cold, models: ["one", "two"] })).toMatchObject({ cached: "exact", modelUsed: "one" });
});

redisTest("bypass neither reads nor writes, refresh writes without reading, only never calls a model", async ({ redis }) => {
  await using simulator = await startSimulator({ answer: "old" });
  await using router = newRouter(redis);
  router.enableCache().addModel("local", { provider: "ollama", model: "m", baseUrl: simulator.url });
  expect(await errorOf(router.generate({ ...cold, cache: "only" }))).toMatchObject({ code: "CACHE_MISS", retryable: false });
  expect(await router.generate({ ...cold, cache: "bypass" })).toMatchObject({ cached: false, cacheSkip: "bypass" });
  const first = await router.generate(cold);
  await untilCached(redis, 1);
  await simulator.control({ answer: "new" });
  expect(await router.generate({ ...cold, cache: "only" })).toMatchObject({ cached: "exact", content: "old" });
  expect(await router.generate({ ...cold, cache: "bypass" })).toMatchObject({ cached: false, content: "new" });
  expect(await router.generate(cold)).toMatchObject({ cached: "exact", content: "old", sourceRequestId: first.id });
  const refreshed = await router.generate({ ...cold, cache: "refresh" });
  expect(refreshed).toMatchObject({ cached: false, content: "new" });
  await eventually(async () =>
    expect(await router.generate(cold)).toMatchObject({ cached: "exact", content: "new", sourceRequestId: refreshed.id }),
  );
  expect(simulator.stats.received).toBe(4);
  expect(await errorOf(router.generate({ ...cold, temperature: 1, cache: "only" }))).toMatchObject({ code: "CACHE_MISS" });
});

redisTest("cacheSkip says why an answer stays out of the cache", async ({ redis }) => {
  await using simulator = await startSimulator({ answer: "one two three" });
  await using router = newRouter(redis);
  router.enableCache().addModel("local", { provider: "ollama", model: "m", baseUrl: simulator.url });
  const tools = [{ type: "function" as const, function: { name: "f", parameters: {} } }];
  const cases: [Partial<Request>, string][] = [
    [{ temperature: 1 }, "temperature"],
    [{ cache: "bypass" }, "bypass"],
    [{ tools }, "tools"],
    [{ prompt: "What is the latest Python?" }, "time-relative"],
  ];
  for (const [difference, reason] of cases) expect((await router.generate({ ...cold, ...difference })).cacheSkip).toBe(reason);
  expect((await router.generate(cold)).cacheSkip).toMatch(/^(no-candidate|timeout)$/);
  await untilCached(redis, 1);
  expect((await router.generate(cold)).cacheSkip).toBeUndefined();
  const job = await router.enqueue({ ...cold, temperature: 1 });
  await job.result();
  expect((await job.history())[0]?.detail).toMatchObject({ cacheSkip: "temperature" });
});

redisTest("failed, truncated, empty and cancelled answers are not stored", async ({ redis }) => {
  await using simulator = await startSimulator({ answer: "one two three" });
  await using router = newRouter(redis);
  router.enableCache().enableCircuitBreaker({ enabled: false });
  router.addModel("local", { provider: "ollama", model: "m", baseUrl: simulator.url });
  router.addRoute("normal", { targets: ["local"], maxAttempts: 1 });
  expect(await router.generate({ ...cold, maxTokens: 2 })).toMatchObject({ finishReason: "length", cached: false });
  expect(await router.generate({ ...cold, maxTokens: 2 })).toMatchObject({ finishReason: "length", cached: false });
  await simulator.control({ finishReason: "content_filter" });
  await router.generate({ ...cold, seed: 1 });
  await simulator.control({ finishReason: "stop", answer: " " });
  await router.generate({ ...cold, seed: 2 });
  await simulator.control({ answer: "one two three" });
  for (const outage of ["end-without-done", "cut-after", "reset", "garbage"] as const) {
    await simulator.control({ outage: outage === "reset" || outage === "garbage" ? outage : { mode: outage, tokens: 1 } });
    expect(await errorOf(router.generate(cold))).toMatchObject({ code: "ATTEMPTS_EXHAUSTED" });
  }
  await simulator.control({ outage: { mode: "stall-after", tokens: 1 } });
  for await (const _delta of router.stream(cold)) break;
  await simulator.control({ outage: null });
  // One that is stored, after all of them: had one of the others been, the cache would hold more.
  expect(await router.generate(cold)).toMatchObject({ cached: false });
  await untilCached(redis, 1);
});

redisTest("a cache that is not enabled is not used, and says nothing", async ({ redis }) => {
  await using simulator = await startSimulator();
  await using router = newRouter(redis);
  router.addModel("local", { provider: "ollama", model: "m", baseUrl: simulator.url });
  for (let i = 0; i < 2; i++) {
    const result = await router.generate(cold);
    expect(result.cached).toBe(false);
    expect(result.cacheSkip).toBeUndefined();
  }
  expect(await errorOf(router.generate({ ...cold, cache: "only" }))).toMatchObject({ code: "CACHE_MISS" });
  // Switched on while it runs.
  router.enableCache();
  await router.generate(cold);
  await router.generate(cold);
  await untilCached(redis, 1);
  expect(await router.generate(cold)).toMatchObject({ cached: "exact" });
});
