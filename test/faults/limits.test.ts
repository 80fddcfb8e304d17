import { createKeys } from "@llm-router/contracts";
import { startSimulator } from "@llm-router/simulator";
import { eventually, redisTest } from "@llm-router/testkit";
import { expect } from "vitest";
import { startCluster } from "@llm-router/bench/scenarios/cluster";

redisTest("a provider's 429 with Retry-After is honoured by a model without any limit of its own", async ({ redis }) => {
  await using simulator = await startSimulator({ models: ["m"], tokens: 3, outage: { mode: "rate-limit", retryAfterSeconds: 2, next: 1 } });
  await using cluster = await startCluster({
    redis,
    workers: 2,
    config: { models: { m: { provider: "openai", model: "m", baseUrl: `${simulator.url}/v1`, concurrency: 1 } } },
  });
  const first = await cluster.client.enqueue({ prompt: "[[first]]" });
  const second = await cluster.client.enqueue({ prompt: "[[second]]" });
  expect((await first.result()).attempts.map(({ outcome }) => outcome)).toEqual(["rate-limited", "completed"]);
  expect((await second.result()).attempts).toHaveLength(1);
  const [refused, again, next] = simulator.calls();
  expect([refused, again, next].map((call) => call?.marker)).toEqual(["first", "first", "second"]);
  const heldMs = (again?.receivedAt ?? 0) - (refused?.receivedAt ?? 0);
  expect(heldMs).toBeGreaterThanOrEqual(1_990);
  expect(heldMs).toBeLessThan(2_000 + 3 * 1_000);
});

redisTest("LLMR_CONFIG_APPLY raises a model's concurrency: an idle worker takes a waiting job at once", async ({ redis }) => {
  await using simulator = await startSimulator({ latencyMs: 3_600_000, tokens: 3 });
  const configOf = (concurrency: number) => {
    const definition = { provider: "ollama", model: "m", baseUrl: simulator.url };
    return { models: { m: { ...definition, concurrency }, other: definition } };
  };
  await using cluster = await startCluster({ redis, workers: 3, config: configOf(1) });
  await cluster.client.enqueueMany(["[[a]]", "[[b]]", "[[c]]"].map((prompt) => ({ prompt, model: "m" })));
  await simulator.waitForCall(({ marker }) => marker === "a");
  const keys = createKeys(redis.namespace);
  expect(simulator.stats.underWay).toBe(1);
  // A process that does not serve the model itself.
  const raising = startCluster({ redis, config: configOf(3), env: { LLMR_CONFIG_APPLY: "1", WORKER_MODELS: "other" } });
  await eventually(async () => expect(await redis.admin.hget(keys.model("m"), "conc")).toBe("3"), { timeoutMs: 20_000 });
  const raisedAt = performance.timeOrigin + performance.now();
  await using _raised = await raising;
  const calls = await Promise.all(["b", "c"].map((marker) => simulator.waitForCall((call) => call.marker === marker)));
  // Without the wake-up they would begin when the idle workers look by themselves, which they do every two seconds.
  for (const { receivedAt } of calls) expect(receivedAt - raisedAt).toBeLessThan(3 * 300);
});
