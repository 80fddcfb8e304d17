import { Client } from "@llm-router/client";
import { startSimulator } from "@llm-router/simulator";
import { newNamespace } from "@llm-router/testkit/processes";
import { inParallel, startCluster } from "./cluster.ts";
import { startFailoverSet } from "./failover-set.ts";
import { answeredRight, calledAgain, until } from "./scenario.ts";

/** The master is killed -9 with 30 of 150 requests under way, and a Sentinel promotes one of two replicas. */
export async function failover() {
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
  const [total, atOnce] = [150, 30];
  await using client = new Client({ redis: redis.url, namespace: redis.namespace, durability: "replicated", redisTimeoutMs: 20_000 });
  const answers = inParallel(total, atOnce, (n) => client.generate({ prompt: `[[v${n}]]`, timeoutMs: 40_000 }));
  answers.catch(() => undefined); // awaited below
  await until(() => simulator.stats.completed > 30, "30 answers");
  const killedAt = performance.now();
  await set.servers[0]?.server.kill9();
  const results = await answers;
  const calls = simulator.calls();
  return {
    requests: total,
    atOnce,
    answered: answeredRight(results, "v"),
    lost: total - new Set(results.map(({ id }) => id)).size,
    prompts: new Set(calls.map(({ marker }) => marker)).size,
    /** Paid for twice is only what the new master had not heard of: a run that it never granted, or a finish that it never got. */
    calledTwice: calls.length - total,
    finishedAndCalledAgain: calledAgain(calls),
    unreplicated: client.unreplicated,
    allAnsweredMs: Math.round(performance.now() - killedAt),
  };
}
