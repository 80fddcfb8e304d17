import { startSimulator } from "@llm-router/simulator";
import { eventually, redisTest } from "@llm-router/testkit";
import { expect } from "vitest";
import { startCluster } from "@llm-router/bench/scenarios/cluster";
import { expectOneAnswer, readDeltas } from "./read-deltas.ts";

redisTest("a worker stopped for longer than its locks: another one answers, and what the zombie says is void", async ({ redis }) => {
  await using simulator = await startSimulator({ models: ["m"], tokensPerSecond: 4, tokens: 200 });
  await using cluster = await startCluster({
    redis,
    config: { models: { m: { provider: "ollama", model: "m", baseUrl: simulator.url, concurrency: 4 } } },
  });
  const [zombie] = cluster.workers;
  const jobs = await Promise.all([0, 1, 2, 3].map((n) => cluster.client.enqueue({ prompt: `[[z${n}]]`, timeoutMs: 60_000 })));
  const reading = jobs.map(readDeltas);
  await simulator.waitForCall(({ marker, tokensSent }) => marker === "z3" && tokensSent >= 2);
  zombie?.signal("SIGSTOP");
  // From now on answers take two seconds; those under way at the zombie go on at four tokens a second.
  await simulator.control({ tokensPerSecond: 10, tokens: 20 });
  await cluster.addWorker();
  const calls = () => simulator.calls();
  await eventually(() => expect(calls().filter(({ n, tokensSent }) => n > 4 && tokensSent >= 2)).toHaveLength(4), { timeoutMs: 20_000 });
  // It comes back with seconds of tokens in its sockets, while the other runs are under way.
  zombie?.signal("SIGCONT");
  const results = await Promise.all(jobs.map((job) => job.result()));
  // Its calls are given up.
  await eventually(() => expect(simulator.stats.underWay).toBe(0), { timeoutMs: 5_000 });
  const aborted = calls().filter(({ outcome }) => outcome === "aborted");
  expect(aborted.map(({ n }) => n)).toEqual([1, 2, 3, 4]);
  expect(calls()).toHaveLength(8);
  for (const [n, deltas] of (await Promise.all(reading)).entries()) expectOneAnswer(deltas, results[n]?.content ?? "");
  for (const { attempts } of results) expect(attempts.map(({ outcome }) => outcome)).toEqual(["worker-lost", "completed"]);
  for (const job of jobs) {
    expect((await job.history()).map(({ type }) => type)).toEqual(["queued", "started", "queued", "started", "completed"]);
  }
  expect(await cluster.client.getStats()).toMatchObject({ accepted: 4, totalRequests: 4, successes: 4, recovered: 4 });
  // It takes work again.
  await cluster.workers[1]?.kill9();
  expect((await cluster.client.generate({ prompt: "[[again]]", timeoutMs: 30_000 })).content).toContain("[[again]]");
});
