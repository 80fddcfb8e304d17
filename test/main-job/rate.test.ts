import { startSimulator } from "@llm-router/simulator";
import { redisTest, spawnNode } from "@llm-router/testkit";
import { expect } from "vitest";
import { startCluster } from "./cluster.ts";

redisTest(
  "rpm 60 and 8 producer processes: never above 60 calls in any 60 s at the provider, and everybody is answered",
  { timeout: 180_000 },
  async ({ redis }) => {
    await using simulator = await startSimulator({ models: ["m"], tokens: 1 });
    await using _cluster = await startCluster({
      redis,
      workers: 2,
      config: { models: { m: { provider: "openai", model: "m", baseUrl: `${simulator.url}/v1`, rpm: 60, concurrency: 8 } } },
    });
    const producers = Array.from({ length: 8 }, () =>
      spawnNode(new URL("producer.ts", import.meta.url), { env: { REDIS_URL: redis.url, LLMR_NAMESPACE: redis.namespace } }),
    );
    try {
      const answered = await Promise.all(producers.map((producer) => producer.waitForLine(/^completed (\d+)$/, 170_000)));
      expect(answered.map(([, count]) => Number(count))).toEqual(producers.map(() => 10));
    } finally {
      await Promise.all(producers.map((producer) => producer[Symbol.asyncDispose]()));
    }
    expect(simulator.stats.received).toBe(80);
    expect(simulator.stats.maxIn60s).toBeLessThanOrEqual(60);
    // It used what it was given: the bound was not kept by being slow.
    expect(simulator.stats.maxIn60s).toBeGreaterThan(55);
  },
);
