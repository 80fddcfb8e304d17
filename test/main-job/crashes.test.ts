import { startSimulator } from "@llm-router/simulator";
import { eventually, redisTest, spawnNode, startTestRedis } from "@llm-router/testkit";
import { expect, test } from "vitest";
import { inParallel, startCluster } from "./cluster.ts";

redisTest(
  "kill -9 of a worker with 50 answers under way: 50 answered, each delivered once, none that had finished run again",
  async ({ redis }) => {
    await using simulator = await startSimulator({ models: ["m"], latencyMs: 400, tokens: 3 });
    await using cluster = await startCluster({
      redis,
      config: { models: { m: { provider: "ollama", model: "m", baseUrl: simulator.url, concurrency: 50 } } },
    });
    // Some finish before the kill: those must not be called again.
    const early = await inParallel(10, 10, (n) => cluster.client.generate({ prompt: `[[early${n}]]` }));
    await simulator.control({ latencyMs: 3_600_000 });
    const delivered: string[] = [];
    const waiting = inParallel(50, 50, async (n) => {
      const result = await cluster.client.generate({ prompt: `[[k${n}]]` });
      delivered.push(result.id);
      return result;
    });
    await eventually(() => expect(simulator.stats.underWay).toBe(50));
    const startedAt = performance.now();
    await cluster.workers[0]?.kill9();
    await simulator.control({ latencyMs: 0 });
    await cluster.addWorker();
    const results = await waiting;
    expect(performance.now() - startedAt).toBeLessThan(3 * 15_000);
    expect(results.every(({ content }, n) => content.includes(`[[k${n}]]`))).toBe(true);
    expect(new Set(delivered).size).toBe(50);
    expect(delivered).toHaveLength(50);
    expect(results.every(({ attempts }) => attempts[0]?.outcome === "worker-lost")).toBe(true);
    for (const { id } of early) expect(simulator.calls().filter(({ requestId }) => requestId === id).length).toBeLessThanOrEqual(1);
    expect(simulator.calls().filter(({ marker }) => marker.startsWith("early"))).toHaveLength(10);
  },
);

redisTest("SIGTERM with 50 answers under way: 50 answered, exit 0", async ({ redis }) => {
  await using simulator = await startSimulator({ models: ["m"], latencyMs: 1_500, tokens: 3 });
  await using cluster = await startCluster({
    redis,
    config: { models: { m: { provider: "ollama", model: "m", baseUrl: simulator.url, concurrency: 50 } } },
  });
  const waiting = inParallel(50, 50, (n) => cluster.client.generate({ prompt: `[[t${n}]]` }));
  await eventually(() => expect(simulator.stats.underWay).toBe(50));
  const exit = cluster.workers[0]?.stop();
  expect((await waiting).every(({ content }, n) => content.includes(`[[t${n}]]`))).toBe(true);
  expect(await exit).toEqual({ code: 0, signal: null });
  expect(simulator.stats.received).toBe(50);
});

redisTest("SIGTERM with a grace period that is too short: the runs are handed back, and another worker answers them", async ({ redis }) => {
  await using simulator = await startSimulator({ models: ["m"], latencyMs: 3_600_000, tokens: 3 });
  await using cluster = await startCluster({
    redis,
    env: { SHUTDOWN_GRACE_MS: "300" },
    config: { models: { m: { provider: "ollama", model: "m", baseUrl: simulator.url, concurrency: 5 } } },
  });
  const waiting = inParallel(5, 5, (n) => cluster.client.generate({ prompt: `[[h${n}]]` }));
  await eventually(() => expect(simulator.stats.underWay).toBe(5));
  expect(await cluster.workers[0]?.stop()).toEqual({ code: 0, signal: null });
  await simulator.control({ latencyMs: 0 });
  await cluster.addWorker();
  const results = await waiting;
  // Handed back, not lost: nobody had to wait for a lock to expire, and no attempt was counted.
  expect(results.every(({ attempts }) => attempts.every(({ outcome }) => outcome !== "worker-lost"))).toBe(true);
});

redisTest("a producer that dies cancels nothing: its requests run to an outcome that attach() reads", async ({ redis }) => {
  await using simulator = await startSimulator({ models: ["m"], latencyMs: 3_600_000, tokens: 3 });
  await using cluster = await startCluster({
    redis,
    config: { models: { m: { provider: "ollama", model: "m", baseUrl: simulator.url, concurrency: 10 } } },
  });
  await using producer = spawnNode(new URL("producer.ts", import.meta.url), {
    env: { REDIS_URL: redis.url, LLMR_NAMESPACE: redis.namespace },
  });
  const [, ids] = await producer.waitForLine(/^ids (.+)$/);
  await eventually(() => expect(simulator.stats.underWay).toBe(10));
  await producer.kill9();
  await simulator.control({ latencyMs: 0 });
  const handles = (ids ?? "").split(" ").map((id) => cluster.client.attach(id));
  expect(await Promise.all(handles.map(async (handle) => (await handle.status()).state))).not.toContain("cancelled");
  await Promise.all(cluster.workers.map((worker) => worker.kill9()));
  await cluster.addWorker();
  const outcomes = await Promise.all(handles.map((handle) => handle.outcome()));
  expect(outcomes.map(({ state }) => state)).toEqual(handles.map(() => "completed"));
});

test("Redis killed under load and away for 10 s: nothing that was accepted is lost, and everything resumes by itself", async () => {
  await using redis = await startTestRedis();
  await using simulator = await startSimulator({ models: ["m"], latencyMs: 50, tokens: 3 });
  await using cluster = await startCluster({
    redis,
    workers: 2,
    config: { models: { m: { provider: "openai", model: "m", baseUrl: `${simulator.url}/v1`, concurrency: 8 } } },
  });
  const jobs = await cluster.client.enqueueMany(Array.from({ length: 200 }, (_, n) => ({ prompt: `[[s${n}]]`, stream: n % 4 === 0 })));
  const results = Promise.all(jobs.map((job) => (job.ok ? job.job.result() : Promise.reject(job.error))));
  await eventually(() => expect(simulator.stats.completed).toBeGreaterThan(20));
  await redis.server.kill9();
  // Two calls that each wait their five seconds: Redis is away for ten.
  for (const prompt of ["[[away1]]", "[[away2]]"]) {
    await expect(cluster.client.generate({ prompt })).rejects.toMatchObject({ code: "REDIS_UNAVAILABLE" });
  }
  await redis.server.restart();
  const answers = await results;
  expect(answers.every(({ content }, n) => content.includes(`[[s${n}]]`))).toBe(true);
  expect((await cluster.client.generate({ prompt: "[[back]]" })).content).toContain("[[back]]");
});
