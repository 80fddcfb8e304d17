import { startSimulator } from "@llm-router/simulator";
import { eventually, redisTest } from "@llm-router/testkit";
import { expect } from "vitest";
import { startCluster } from "../main-job/cluster.ts";
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
  // From now on answers are short; those under way at the zombie go on at four tokens a second.
  await simulator.control({ tokensPerSecond: 0, tokens: 8 });
  await cluster.addWorker();
  const results = await Promise.all(jobs.map((job) => job.result()));
  const before = await Promise.all(jobs.map((job) => job.history()));
  zombie?.signal("SIGCONT");
  // Its calls, which were still under way, are given up.
  await eventually(() => expect(simulator.stats.underWay).toBe(0), { timeoutMs: 5_000 });
  const calls = simulator.calls();
  expect(calls.filter(({ outcome }) => outcome === "aborted").map(({ marker }) => marker)).toEqual(["z0", "z1", "z2", "z3"]);
  expect(calls).toHaveLength(8);
  for (const [n, deltas] of (await Promise.all(reading)).entries()) expectOneAnswer(deltas, results[n]?.content ?? "");
  for (const { attempts } of results) expect(attempts.map(({ outcome }) => outcome)).toEqual(["worker-lost", "completed"]);
  // Also after the zombie's last words: nothing was added to what is known of the requests.
  expect(await Promise.all(jobs.map((job) => job.history()))).toEqual(before);
  expect(await cluster.client.getStats()).toMatchObject({ accepted: 4, totalRequests: 4, successes: 4, recovered: 4 });
  // It takes work again.
  await cluster.workers[1]?.kill9();
  expect((await cluster.client.generate({ prompt: "[[again]]", timeoutMs: 30_000 })).content).toContain("[[again]]");
});
