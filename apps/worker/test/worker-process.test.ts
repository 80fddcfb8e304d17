import { Client } from "@llm-router/client";
import { startSimulator } from "@llm-router/simulator";
import { eventually, redisTest } from "@llm-router/testkit";
import { expect } from "vitest";
import { spawnWorker, startWorkerProcess } from "./worker-process.ts";

const prompts = (count: number) => Array.from({ length: count }, (_, n) => ({ prompt: `[[p${n}]]` }));

redisTest(
  "kill -9 of one of two workers: the other answers what it had under way, and nothing that had finished runs again",
  async ({ redis }) => {
    await using simulator = await startSimulator({ models: ["m"], latencyMs: 3_600_000, tokens: 3 });
    const config = { models: { m: { provider: "ollama", model: "m", baseUrl: simulator.url, concurrency: 20 } } };
    await using first = await startWorkerProcess({ redis, config });
    await using client = new Client({ redis: redis.url, namespace: redis.namespace });
    const results = Promise.all(prompts(20).map((request) => client.generate(request)));
    await eventually(() => expect(simulator.stats.underWay).toBe(20));
    await using _second = await startWorkerProcess({ redis, config });
    await simulator.control({ latencyMs: 0 });
    const startedAt = performance.now();
    await first.kill9();
    const answers = await results;
    expect(answers.every(({ content }, n) => content.includes(`[[p${n}]]`))).toBe(true);
    // 15 s, with room for a busy machine.
    expect(performance.now() - startedAt).toBeLessThan(3 * 15_000);
    expect(answers.every(({ attempts }) => attempts.map(({ outcome }) => outcome).join() === "worker-lost,completed")).toBe(true);
    expect(simulator.stats.completed).toBe(20);
  },
);

redisTest("SIGTERM with 50 answers under way in one of two workers: 50 answered, no call repeated, exit 0", async ({ redis }) => {
  await using simulator = await startSimulator({ models: ["m"], latencyMs: 4_000, tokens: 3 });
  const config = {
    models: { m: { provider: "openai", model: "m", baseUrl: `${simulator.url}/v1`, apiKey: "${MY_KEY:-none}", concurrency: 50 } },
  };
  await using first = await startWorkerProcess({ redis, config });
  await using client = new Client({ redis: redis.url, namespace: redis.namespace });
  const results = Promise.all(prompts(50).map((request) => client.generate(request)));
  await eventually(() => expect(simulator.stats.underWay).toBe(50));
  await using _second = await startWorkerProcess({ redis, config });
  expect(await first.stop()).toEqual({ code: 0, signal: null });
  expect((await results).every(({ attempts }) => attempts.length === 1)).toBe(true);
  expect(simulator.stats.received).toBe(50);
});

redisTest("a second worker with another definition stops with one line: the code, the key, both values and the fix", async ({ redis }) => {
  const model = { provider: "ollama", model: "m", baseUrl: "http://127.0.0.1:9" };
  await using _first = await startWorkerProcess({ redis, config: { models: { m: { ...model, rpm: 5 } } } });
  await using second = await spawnWorker({ redis, config: { models: { m: { ...model, rpm: 7 } } } });
  expect(await second.exited).toMatchObject({ code: 1 });
  expect(second.stderr().join("\n")).toMatch(/CONFIG_CONFLICT: .*models\.m\.rpm: 7 here, 5 in worker w\w+ .*LLMR_CONFIG_APPLY=1/);
});

redisTest.for([
  ["no configuration", undefined, {}, /CONFIG_INVALID: There is no configuration .*nothing to serve/],
  [
    "a variable that is no number",
    { models: {} },
    { WORKER_CONCURRENCY: "many" },
    /CONFIG_INVALID: The environment is wrong: WORKER_CONCURRENCY/,
  ],
  [
    "an address that is none",
    { models: { m: { provider: "ollama", model: "m" } } },
    { REDIS_URL: "localhost" },
    /CONFIG_INVALID: REDIS_URL/,
  ],
  [
    "a secret that is not set",
    { models: { m: { provider: "openai", model: "m", apiKey: "${NOT_SET_ANYWHERE}" } } },
    {},
    /CONFIG_INVALID: .*NOT_SET_ANYWHERE/,
  ],
] as const)("%s ends the process with code 1 and one sentence", async ([, config, env, message], { redis }) => {
  await using child = await spawnWorker({ redis, ...(config && { config }), env });
  expect(await child.exited).toEqual({ code: 1, signal: null });
  expect(child.stderr().filter((line) => message.test(line))).toHaveLength(1);
  expect(await redis.admin.keys(`{${redis.namespace}}:m:*`)).toEqual([]);
});
