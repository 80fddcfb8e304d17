import { startSimulator } from "@llm-router/simulator";
import { redisTest } from "@llm-router/testkit";
import { expect } from "vitest";
import { ask, newRouter, untilCached } from "./support.ts";

redisTest("getStats() agrees with what was sent, from every process", async ({ redis }) => {
  await using simulator = await startSimulator({ perModel: { broken: { outage: { mode: "status", status: 400 } } }, latencyMs: 20 });
  await using router = newRouter(redis);
  for (const name of ["fast", "slow", "broken"]) router.addModel(name, { provider: "ollama", model: name, baseUrl: simulator.url });
  router.enableCache();
  const priorities = ["critical", "high", "high", "normal", "normal", "normal", "low"];
  const results = await Promise.all(
    priorities.flatMap((priority) => [
      ask(router, { prompt: "Hi", priority, model: "fast" }),
      ask(router, { prompt: "Hi", priority, model: "slow" }),
    ]),
  );
  const failed = await Promise.all(["high", "low"].map((priority) => ask(router, { prompt: "Hi", priority, model: "broken" })));
  expect(failed).toEqual(["PROVIDER_REJECTED", "PROVIDER_REJECTED"]);
  const refused = await ask(router, { prompt: "Hi", model: "nobody" });
  expect(refused).toBe("UNKNOWN_MODEL");
  for (let i = 0; i < 3; i++) {
    await ask(router, { prompt: "Again", temperature: 0, model: "fast", priority: "low" });
    await untilCached(redis, 1);
  }
  const job = await router.enqueue("Hi", { model: "fast", priority: "critical" });
  await job.result();

  const stats = await router.getStats();
  expect(stats).toMatchObject({
    totalRequests: 20,
    successes: 18,
    failures: 2,
    cancelled: 0,
    expired: 0,
    accepted: 20,
    successRate: 0.9,
    cacheHits: 2,
    requestsByModel: { fast: 9, slow: 7 },
    requestsByPriority: { CRITICAL: 3, HIGH: 5, NORMAL: 6, LOW: 6 },
  });
  const latencies = results.map((result) => (typeof result === "string" ? Number.NaN : result.latencyMs));
  expect(Math.min(...latencies)).toBeGreaterThanOrEqual(19);
  expect(stats.avgLatencyMs).toBeGreaterThan((16 * 19) / 18);
  expect(stats.avgLatencyMs).toBeLessThan(Math.max(...latencies) * 2);
  await using other = newRouter(redis);
  expect(await other.getStats()).toEqual(stats);
});

redisTest("getModelStatus() shows provider, model, depth, workers and breaker", async ({ redis }) => {
  await using simulator = await startSimulator({ outage: "hang" });
  await using router = newRouter(redis, { shutdownGraceMs: 0 });
  await using second = newRouter(redis, { shutdownGraceMs: 0 });
  const model = { provider: "ollama", model: "qwen2.5:3b", baseUrl: simulator.url, concurrency: 2, maxQueueDepth: 50 };
  await router.addModel("local", model).start();
  await second.addModel("local", model).start();
  const jobs = await Promise.all(Array.from({ length: 5 }, () => router.enqueue("Hi")));
  await simulator.waitForCall(({ n }) => n === 2);
  const [status, ...others] = await router.getModelStatus();
  expect(others).toEqual([]);
  expect(status).toMatchObject({
    name: "local",
    provider: "ollama",
    model: "qwen2.5:3b",
    queueDepth: 5,
    waiting: 3,
    active: 2,
    delayed: 0,
    maxQueueDepth: 50,
    concurrency: 2,
    workers: 2,
    paused: false,
    circuitBreaker: { state: "closed", failureCount: 0 },
  });
  for (const job of jobs) await job.cancel();
});

redisTest("processes that ask for the same agree, and one that says nothing follows", async ({ redis }) => {
  await using simulator = await startSimulator({ outage: "reset" });
  const routers = await Promise.all(
    [true, true, false].map(async (says) => {
      const router = newRouter(redis);
      if (says) router.enableCircuitBreaker({ failureThreshold: 2, recoveryTimeoutMs: 60_000 }).enableCache({ maxEntries: 20 });
      router.addRoute("low", { targets: ["local"], whenUnavailable: "fail" });
      return router.addModel("local", { provider: "ollama", model: "m", baseUrl: simulator.url }).start();
    }),
  );
  try {
    for (const router of routers) expect(await ask(router, { prompt: "Hi", priority: "low" })).toBe("ALL_MODELS_UNAVAILABLE");
    expect(simulator.stats.received).toBe(2);
  } finally {
    await Promise.all(routers.map((router) => router.close()));
  }
});

redisTest("a second process that defines a model otherwise is refused with both values", async ({ redis }) => {
  await using simulator = await startSimulator();
  await using router = newRouter(redis);
  await router.addModel("local", { provider: "ollama", model: "m", baseUrl: simulator.url, maxQueueDepth: 5 }).start();
  await using other = newRouter(redis);
  other.addModel("local", { provider: "ollama", model: "m", baseUrl: simulator.url, maxQueueDepth: 6 });
  await expect(other.generate("Hi")).rejects.toMatchObject({
    code: "CONFIG_CONFLICT",
    message: expect.stringMatching(/models\.local.*maxQueueDepth: 6 .*5 /) as string,
  });
});
