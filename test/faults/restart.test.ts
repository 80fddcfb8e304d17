import { createKeys } from "@llm-router/contracts";
import { startSimulator } from "@llm-router/simulator";
import { eventually, startTestRedis } from "@llm-router/testkit";
import { expect, test } from "vitest";
import { startCluster } from "@llm-router/bench/scenarios/cluster";

test("Redis killed -9 and started again with jobs waiting, delayed and active: all go on, each in its own place", async () => {
  await using redis = await startTestRedis();
  await using simulator = await startSimulator({
    latencyMs: 3_600_000,
    tokens: 3,
    perModel: { flaky: { latencyMs: 0, failNext: 4 } },
  });
  const of = (model: string) => ({ provider: "ollama", model, baseUrl: simulator.url, concurrency: 1 });
  const config = { models: { m: of("m"), flaky: of("flaky") } };
  await using cluster = await startCluster({ redis, workers: 2, config, env: { SHUTDOWN_GRACE_MS: "300" } });
  const { client } = cluster;
  const ask = (prompt: string, model: string, priority: string) => client.enqueue({ prompt: `[[${prompt}]]`, model, priority });
  const jobs = [await ask("active", "m", "NORMAL")];
  await simulator.waitForCall(({ marker }) => marker === "active");
  for (const priority of ["LOW", "NORMAL", "CRITICAL", "HIGH"]) {
    for (const n of [1, 2]) jobs.push(await ask(`${priority}${n}`, "m", priority));
  }
  jobs.push(await ask("delayed", "flaky", "NORMAL"));
  const keys = createKeys(redis.namespace);
  // After its fourth failure it waits for two seconds.
  await eventually(async () => {
    expect(simulator.calls().filter(({ marker, outcome }) => marker === "delayed" && outcome === "error")).toHaveLength(4);
    expect(await redis.admin.zcard(`${keys.queue("flaky")}:delayed`)).toBe(1);
  });
  // What was acknowledged is on the disk from here on.
  await redis.admin.config("SET", "appendfsync", "always");
  await redis.admin.incr("{x}:synced");
  await redis.server.kill9();
  await redis.server.restart();
  expect(await redis.admin.zcard(`${keys.queue("m")}:prioritized`)).toBe(8);
  await eventually(async () =>
    expect((await client.getModelStatus()).map(({ active, waiting }) => [active, waiting])).toContainEqual([1, 8]),
  );
  // The run is still its worker's own, which can hand it back.
  const stopped = cluster.workers.map((worker) => worker.stop());
  await simulator.waitForCall(({ marker, outcome }) => marker === "active" && outcome === "aborted");
  await simulator.control({ latencyMs: 0 });
  await Promise.all(stopped);
  await cluster.addWorker();
  const results = await Promise.all(jobs.map((job) => job.result()));
  const calls = simulator.calls().filter(({ model, outcome }) => model === "m" && outcome === "completed");
  const order = ["CRITICAL1", "CRITICAL2", "HIGH1", "HIGH2", "active", "NORMAL1", "NORMAL2", "LOW1", "LOW2"];
  expect(calls.map(({ marker }) => marker)).toEqual(order);
  expect(results.flatMap(({ attempts }) => attempts).filter(({ outcome }) => outcome === "worker-lost")).toEqual([]);
  expect(simulator.calls().filter(({ marker }) => marker === "delayed")).toHaveLength(5);
});
