import { startSimulator } from "@llm-router/simulator";
import { eventually, startTestRedis } from "@llm-router/testkit";
import { expect, test } from "vitest";
import { inParallel, startCluster } from "@llm-router/bench/scenarios/cluster";
import { failover } from "@llm-router/bench/scenarios/failover";

test("the master is killed under load, and a Sentinel promotes a replica: every request whose caller lives is answered", async () => {
  const { allAnsweredMs, calledTwice, atOnce, ...figures } = await failover();
  expect(allAnsweredMs).toBeLessThan(3 * 10_000);
  expect(figures).toMatchObject({ requests: 150, answered: 150, lost: 0, prompts: 150 });
  expect(calledTwice).toBeLessThanOrEqual(atOnce);
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
