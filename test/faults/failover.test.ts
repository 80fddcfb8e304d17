import { Client } from "@llm-router/client";
import { startSimulator } from "@llm-router/simulator";
import { eventually, newNamespace, startTestRedis } from "@llm-router/testkit";
import { expect, test } from "vitest";
import { inParallel, startCluster } from "../main-job/cluster.ts";
import { startFailoverSet } from "./failover-set.ts";

test("the master is killed under load, and a Sentinel promotes a replica: every request whose caller lives is answered", async () => {
  await using set = await startFailoverSet();
  const redis = { url: set.url, namespace: newNamespace() };
  await using simulator = await startSimulator({ models: ["m"], latencyMs: 100, tokens: 3 });
  await using _cluster = await startCluster({
    redis,
    workers: 2,
    env: { LLMR_DURABILITY: "replicated" },
    config: { models: { m: { provider: "ollama", model: "m", baseUrl: simulator.url, concurrency: 6 } } },
  });
  // Of these, so many wait in the queue when it happens; the others are submitted before, during and after.
  const total = 150;
  const atOnce = 30;
  await using client = new Client({ redis: redis.url, namespace: redis.namespace, durability: "replicated", redisTimeoutMs: 20_000 });
  const answers = inParallel(total, atOnce, (n) => client.generate({ prompt: `[[v${n}]]`, timeoutMs: 40_000 }));
  answers.catch(() => undefined); // awaited below
  await eventually(() => expect(simulator.stats.completed).toBeGreaterThan(30));
  const killedAt = performance.now();
  await set.servers[0]?.server.kill9();
  const results = await answers;
  expect(performance.now() - killedAt).toBeLessThan(3 * 10_000);
  expect(results.every(({ content }, n) => content.includes(`[[v${n}]]`))).toBe(true);
  expect(new Set(results.map(({ id }) => id)).size).toBe(total);
  // Paid for twice is only what the new master had not heard of: a run that it never granted, or a finish that it never got.
  const calls = simulator.calls();
  expect(new Set(calls.map(({ marker }) => marker)).size).toBe(total);
  expect(calls.length - total).toBeLessThanOrEqual(atOnce);
});

test("a master that turns read-only is waited for: runs are finished and requests are taken when one can be written again", async () => {
  await using redis = await startTestRedis();
  await using simulator = await startSimulator({ models: ["m"], latencyMs: 400, tokens: 3 });
  await using cluster = await startCluster({
    redis,
    config: { models: { m: { provider: "ollama", model: "m", baseUrl: simulator.url, concurrency: 2 } } },
  });
  const early = inParallel(4, 4, (n) => cluster.client.generate({ prompt: `[[r${n}]]` }));
  await eventually(() => expect(simulator.stats.underWay).toBe(2));
  // A replica of nobody: what it has stays, and it takes no write.
  await redis.admin.replicaof("127.0.0.1", 1);
  const late = cluster.client.generate({ prompt: "[[late]]" });
  late.catch(() => undefined); // awaited below
  await eventually(() => expect(simulator.stats.completed).toBe(2));
  await redis.admin.replicaof("NO", "ONE");
  expect((await late).content).toContain("[[late]]");
  for (const [n, { content, attempts }] of (await early).entries()) {
    expect(content).toContain(`[[r${n}]]`);
    expect(attempts.map(({ outcome }) => outcome)).toEqual(["completed"]);
  }
  expect(simulator.calls()).toHaveLength(5);
});
