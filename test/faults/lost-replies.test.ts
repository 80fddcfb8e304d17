import { Client } from "@llm-router/client";
import { startSimulator } from "@llm-router/simulator";
import { eventually, redisTest } from "@llm-router/testkit";
import { expect } from "vitest";
import { startCluster } from "@llm-router/bench/scenarios/cluster";
import { startProxy } from "./proxy.ts";

const portOf = (url: string): number => Number(new URL(url).port);

redisTest("a lost add reply: the request is placed once, called once and answered once", async ({ redis }) => {
  await using simulator = await startSimulator({ models: ["m"], latencyMs: 100, tokens: 3 });
  await using proxy = await startProxy(portOf(redis.url));
  await using _cluster = await startCluster({
    redis,
    config: { models: { m: { provider: "ollama", model: "m", baseUrl: simulator.url, concurrency: 5 } } },
  });
  await using client = new Client({ redis: proxy.url, namespace: redis.namespace });
  await client.connect();
  const lost = proxy.loseAnswersAfter("[[add]]");
  const answer = client.generate({ prompt: "[[add]]" });
  await lost;
  await simulator.waitForCall(({ marker }) => marker === "add");
  proxy.cut();
  expect((await answer).content).toContain("[[add]]");
  expect(simulator.calls()).toHaveLength(1);
  expect(await client.getStats()).toMatchObject({ accepted: 1, successes: 1, totalRequests: 1 });
});

redisTest("a lost finish reply: one outcome, one call, and the job that came with it runs at once", async ({ redis }) => {
  await using simulator = await startSimulator({ models: ["m"], latencyMs: 200, tokens: 3 });
  await using proxy = await startProxy(portOf(redis.url));
  await using cluster = await startCluster({
    redis,
    env: { REDIS_URL: proxy.url },
    config: { models: { m: { provider: "ollama", model: "m", baseUrl: simulator.url, concurrency: 1 } } },
  });
  const told: string[] = [];
  const lost = proxy.loseAnswersAfter('"state":"completed"');
  const jobs = await cluster.client.enqueueMany(["[[f0]]", "[[f1]]", "[[f2]]"].map((prompt) => ({ prompt, stream: true })));
  const results = jobs.map(async (job) => {
    if (!job.ok) throw job.error;
    const result = await job.job.result();
    told.push(result.id);
    return result;
  });
  await lost;
  // Its outcome is delivered, though the worker does not know yet that it was.
  expect((await results[0])?.content).toContain("[[f0]]");
  const cutAt = performance.now();
  proxy.cut();
  const answers = await Promise.all(results);
  expect(performance.now() - cutAt).toBeLessThan(3 * 2_000);
  expect(simulator.calls().map(({ marker }) => marker)).toEqual(["f0", "f1", "f2"]);
  expect(new Set(told).size).toBe(told.length);
  expect(told).toHaveLength(3);
  // The job that the lost reply had brought was not stranded until its lock expired, nor counted as lost with its worker.
  for (const { attempts } of answers) expect(attempts.map(({ outcome }) => outcome)).toEqual(["completed"]);
  expect(await cluster.client.getStats()).toMatchObject({ recovered: 0, successes: 3, totalRequests: 3 });
});

redisTest("a connection that dies without a word: runs are finished and requests taken again within seconds", async ({ redis }) => {
  await using simulator = await startSimulator({ models: ["m"], latencyMs: 1_500, tokens: 3 });
  await using proxy = await startProxy(portOf(redis.url));
  await using _cluster = await startCluster({
    redis,
    env: { REDIS_URL: proxy.url },
    config: { models: { m: { provider: "ollama", model: "m", baseUrl: simulator.url, concurrency: 5 } } },
  });
  await using client = new Client({ redis: proxy.url, namespace: redis.namespace, redisTimeoutMs: 15_000 });
  const early = client.generate({ prompt: "[[early]]" });
  await simulator.waitForCall(({ marker }) => marker === "early");
  proxy.silence();
  const silentAt = performance.now();
  expect((await early).content).toContain("[[early]]");
  expect((await client.generate({ prompt: "[[late]]" })).content).toContain("[[late]]");
  expect(performance.now() - silentAt).toBeLessThan(3 * 10_000);
  await eventually(async () => expect(await client.getStats()).toMatchObject({ successes: 2, totalRequests: 2 }));
});
