import { startSimulator } from "@llm-router/simulator";
import { eventually, redisTest } from "@llm-router/testkit";
import { expect, test } from "vitest";
import { producerKilled, workerKilled, workerTerminated } from "@llm-router/bench/scenarios/processes";
import { redisAway } from "@llm-router/bench/scenarios/redis-away";
import { inParallel, startCluster } from "@llm-router/bench/scenarios/cluster";

redisTest(
  "kill -9 of a worker with 50 answers under way: 50 answered, each delivered once, none that had finished run again",
  async ({ redis }) => {
    const { allAnsweredMs, ...figures } = await workerKilled(redis);
    expect(figures).toEqual({ requests: 50, answered: 50, lost: 0, duplicated: 0, calledAgain: 0, workerLost: 50 });
    expect(allAnsweredMs).toBeLessThan(3 * 15_000);
  },
);

redisTest("SIGTERM with 50 answers under way: 50 answered, exit 0", async ({ redis }) => {
  expect(await workerTerminated(redis)).toEqual({ requests: 50, answered: 50, calls: 50, exitCode: 0, signal: null });
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
  expect(await producerKilled(redis)).toEqual({ requests: 10, cancelledByItsDeath: 0, answered: 10 });
});

test("Redis killed under load and away for 10 s: nothing that was accepted is lost, and everything resumes by itself", async () => {
  expect(await redisAway()).toMatchObject({
    requests: 200,
    answered: 200,
    lost: 0,
    refusals: ["REDIS_UNAVAILABLE", "REDIS_UNAVAILABLE"],
    worksAgain: true,
  });
});
