import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Client } from "@llm-router/client";
import { createKeys } from "@llm-router/contracts";
import { SemanticTier } from "@llm-router/dispatcher";
import { createLogger, freePort } from "@llm-router/service-kit";
import { startSimulator } from "@llm-router/simulator";
import { eventually, redisTest, tempDir } from "@llm-router/testkit";
import { expect } from "vitest";
import { startWorkerApp } from "../src/index.ts";

const logger = createLogger({ name: "test", level: "silent" });

redisTest("a worker's answers are found in other words by another process, which defines nothing", async ({ redis }) => {
  await using folder = await tempDir();
  await using simulator = await startSimulator({ models: ["m"] });
  const configPath = join(folder.path, "config.json");
  const models = { m: { provider: "ollama", model: "m", baseUrl: simulator.url } };
  await writeFile(configPath, JSON.stringify({ models, cache: { enabled: true, semantic: true } }));
  const env = { REDIS_URL: redis.url, LLMR_NAMESPACE: redis.namespace };
  await using worker = await startWorkerApp({ logger, configPath, env: { ...env, WORKER_PORT: String(await freePort()) } });

  const tier = new SemanticTier({ redis: { url: redis.url }, namespace: redis.namespace, env, log: logger });
  await using client = new Client({ env, semanticCache: tier });
  const { cache } = await client.getConfig();
  await tier.use(cache, true);
  await client.generate({ prompt: "What is Python?", temperature: 0 });
  const { prefix } = createKeys(redis.namespace);
  await eventually(async () => expect(await redis.admin.keys(`${prefix}:xv:*`)).toHaveLength(1));
  const other = { prompt: "Tell me about the Python programming language", temperature: 0, cache: "only" } as const;
  expect(await eventually(() => client.generate(other))).toMatchObject({ cached: "semantic", modelUsed: "m" });
  expect(simulator.stats.received).toBe(1);
  const page = await (await fetch(`${worker.url}/metrics`)).text();
  expect(page).toContain('llmr_worker_semantic_cache{state="on"} 1');
  expect(page).toContain("llmr_worker_semantic_store_up 1");
  await tier.close();
});
