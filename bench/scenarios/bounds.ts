// Order, bounds and rates under load.
import { startSimulator } from "@llm-router/simulator";
import { spawnNode } from "@llm-router/testkit/processes";
import { startCluster } from "./cluster.ts";
import { inversions, type Stage, watchDepth } from "./scenario.ts";

/** 500 requests at once in three classes, at a model with four slots of 50 ms. */
export async function threeClasses(redis: Stage) {
  await using simulator = await startSimulator({ models: ["m"], slots: 4, latencyMs: 50, tokens: 1 });
  const classShare = { low: 100, normal: 100 };
  await using cluster = await startCluster({
    redis,
    config: { models: { m: { provider: "openai", model: "m", baseUrl: `${simulator.url}/v1`, concurrency: 4, classShare } } },
  });
  const classes = ["low", "normal", "critical"] as const;
  const startedAt = performance.now();
  const requests = Array.from({ length: 500 }, (_, n) => {
    const priority = classes[n % 3] ?? "low";
    return { prompt: `[[${priority}-${n}]]`, priority, stream: false };
  });
  const jobs = await cluster.client.enqueueMany(requests);
  const results = await Promise.all(jobs.map((job) => (job.ok ? job.job.result() : Promise.reject(job.error))));
  const tookMs = Math.round(performance.now() - startedAt);
  const order = simulator.calls().map(({ marker }) => marker.split("-")[0]);
  // Those that were taken while the rest was still being submitted came as they came.
  const settled = order.slice(200);
  return {
    requests: 500,
    answered: results.length,
    calls: order.length,
    inversions: inversions(settled, ["critical", "normal", "low"]),
    idealMs: (500 / 4) * 50,
    tookMs,
  };
}

/** Eight producer processes with `each` requests at a model. Their answered and refused, and the deepest that its queue was. */
export async function eightProducers(redis: Stage, each: number, limits: { maxQueueDepth?: number; rpm?: number }, timeoutMs = 170_000) {
  await using simulator = await startSimulator({ models: ["m"], tokens: 1 });
  await using _cluster = await startCluster({
    redis,
    workers: 2,
    config: { models: { m: { provider: "openai", model: "m", baseUrl: `${simulator.url}/v1`, concurrency: 8, ...limits } } },
  });
  const depth = watchDepth(redis, "m");
  await using stack = new AsyncDisposableStack();
  const env = { REDIS_URL: redis.url, LLMR_NAMESPACE: redis.namespace, REQUESTS: String(each) };
  const producers = Array.from({ length: 8 }, () => stack.use(spawnNode(new URL("./producer.ts", import.meta.url), { env })));
  const lines = await Promise.all(producers.map((producer) => producer.waitForLine(/^completed (\d+) refused (\d+)$/, timeoutMs)));
  const sum = (column: number): number => lines.reduce((total, line) => total + Number(line[column]), 0);
  return {
    requests: 8 * each,
    answered: sum(1),
    refused: sum(2),
    calls: simulator.stats.received,
    deepest: await depth.stop(),
    maxIn60s: simulator.stats.maxIn60s,
  };
}
