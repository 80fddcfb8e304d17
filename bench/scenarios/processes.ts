// Processes of ours that die, or are told to end.
import { startSimulator } from "@llm-router/simulator";
import { spawnNode } from "@llm-router/testkit/processes";
import { inParallel, startCluster } from "./cluster.ts";
import { answeredRight, calledAgain, type Stage, until } from "./scenario.ts";

/** kill -9 of a worker with 50 answers under way, ten having finished before. */
export async function workerKilled(redis: Stage) {
  await using simulator = await startSimulator({ models: ["m"], latencyMs: 400, tokens: 3 });
  await using cluster = await startCluster({
    redis,
    config: { models: { m: { provider: "ollama", model: "m", baseUrl: simulator.url, concurrency: 50 } } },
  });
  await inParallel(10, 10, (n) => cluster.client.generate({ prompt: `[[early${n}]]` }));
  await simulator.control({ latencyMs: 3_600_000 });
  const delivered: string[] = [];
  const waiting = inParallel(50, 50, async (n) => {
    const result = await cluster.client.generate({ prompt: `[[k${n}]]` });
    delivered.push(result.id);
    return result;
  });
  await until(() => simulator.stats.underWay === 50, "50 calls under way");
  const killedAt = performance.now();
  await cluster.workers[0]?.kill9();
  await simulator.control({ latencyMs: 0 });
  await cluster.addWorker();
  const results = await waiting;
  return {
    requests: 50,
    answered: answeredRight(results, "k"),
    lost: 50 - new Set(delivered).size,
    duplicated: delivered.length - new Set(delivered).size,
    calledAgain: calledAgain(simulator.calls()),
    workerLost: results.filter(({ attempts }) => attempts[0]?.outcome === "worker-lost").length,
    allAnsweredMs: Math.round(performance.now() - killedAt),
  };
}

/** SIGTERM of the only worker with 50 answers under way. */
export async function workerTerminated(redis: Stage) {
  await using simulator = await startSimulator({ models: ["m"], latencyMs: 3_000, tokens: 3 });
  await using cluster = await startCluster({
    redis,
    config: { models: { m: { provider: "ollama", model: "m", baseUrl: simulator.url, concurrency: 50 } } },
  });
  const waiting = inParallel(50, 50, (n) => cluster.client.generate({ prompt: `[[t${n}]]` }));
  await until(() => simulator.stats.underWay === 50, "50 calls under way");
  const [results, exit] = await Promise.all([waiting, cluster.workers[0]?.stop()]);
  return {
    requests: 50,
    answered: answeredRight(results, "t"),
    calls: simulator.stats.received,
    exitCode: exit?.code,
    signal: exit?.signal,
  };
}

/** kill -9 of a producer with ten requests under way, and then of the worker that runs them. */
export async function producerKilled(redis: Stage) {
  await using simulator = await startSimulator({ models: ["m"], latencyMs: 3_600_000, tokens: 3 });
  await using cluster = await startCluster({
    redis,
    config: { models: { m: { provider: "ollama", model: "m", baseUrl: simulator.url, concurrency: 10 } } },
  });
  await using producer = spawnNode(new URL("./producer.ts", import.meta.url), {
    env: { REDIS_URL: redis.url, LLMR_NAMESPACE: redis.namespace },
  });
  const [, ids] = await producer.waitForLine(/^ids (.+)$/);
  await until(() => simulator.stats.underWay === 10, "10 calls under way");
  await producer.kill9();
  await simulator.control({ latencyMs: 0 });
  const handles = (ids ?? "").split(" ").map((id) => cluster.client.attach(id));
  const states = await Promise.all(handles.map(async (handle) => (await handle.status()).state));
  await Promise.all(cluster.workers.map((worker) => worker.kill9()));
  await cluster.addWorker();
  const outcomes = await Promise.all(handles.map((handle) => handle.outcome()));
  return {
    requests: handles.length,
    cancelledByItsDeath: states.filter((state) => state === "cancelled").length,
    answered: outcomes.filter(({ state }) => state === "completed").length,
  };
}
