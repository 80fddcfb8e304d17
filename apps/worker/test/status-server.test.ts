import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Client } from "@llm-router/client";
import { createLogger, freePort } from "@llm-router/service-kit";
import { startSimulator } from "@llm-router/simulator";
import { eventually, redisTest, startTestRedis, tempDir } from "@llm-router/testkit";
import { expect, test } from "vitest";
import { startWorkerApp, type WorkerApp } from "../src/index.ts";

const logger = createLogger({ name: "test", level: "silent" });

interface StartOptions {
  redis: { url: string; namespace: string };
  simulator: { url: string };
  port: number;
}

async function startApp({ redis, simulator, port }: StartOptions): Promise<WorkerApp> {
  await using folder = await tempDir();
  const configPath = join(folder.path, "config.json");
  await writeFile(configPath, JSON.stringify({ models: { m: { provider: "ollama", model: "m", baseUrl: simulator.url } } }));
  return await startWorkerApp({
    logger,
    configPath,
    env: { REDIS_URL: redis.url, LLMR_NAMESPACE: redis.namespace, WORKER_PORT: String(port) },
  });
}

redisTest("/healthz, /readyz and /metrics tell what the worker does", async ({ redis }) => {
  await using simulator = await startSimulator({ models: ["m"], tokens: 4 });
  await using app = await startApp({ redis, simulator, port: await freePort() });
  await using client = new Client({ redis: redis.url, namespace: redis.namespace });
  await client.generate({ prompt: "one" });
  await client.generate({ prompt: "two", stream: true });

  expect(await get(app, "/healthz")).toMatchObject({ status: 200, body: { status: "ok", workerId: app.worker.workerId } });
  expect(await get(app, "/readyz")).toMatchObject({ status: 200, body: { ready: true, models: ["m"] } });
  expect(await get(app, "/nothing")).toMatchObject({ status: 404 });

  await eventually(async () => {
    const response = await fetch(`${app.url}/metrics`);
    expect(response.headers.get("content-type")).toContain("text/plain; version=0.0.4");
    const text = await response.text();
    expect(text).toContain("# TYPE llmr_worker_completed_total counter");
    expect(text).toContain('llmr_worker_completed_total{model="m"} 2');
    expect(text).toContain('llmr_worker_finished_runs_total{model="m",status="settled"} 2');
    expect(text).toContain('llmr_worker_breaker_state{model="m",state="closed"} 1');
    expect(text).toContain('llmr_worker_model_healthy{model="m"} 1');
    for (const name of ["wait", "run", "total"]) expect(text).toContain(`llmr_worker_${name}_seconds_count{model="m"} 2`);
    expect(text).toContain('llmr_worker_first_token_seconds_count{model="m"} 1');
    expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds /m);
    expect(text).toMatch(/^process_resident_memory_bytes \d/m);
  });
  // A page that was read before counts nothing twice.
  const again = await (await fetch(`${app.url}/metrics`)).text();
  expect(again).toContain('llmr_worker_completed_total{model="m"} 2');
});

test("/readyz says so while Redis is away, and /healthz does not care", async () => {
  await using redis = await startTestRedis();
  await using simulator = await startSimulator({ models: ["m"] });
  await using app = await startApp({ redis, simulator, port: await freePort() });
  await redis.server.kill9();
  await eventually(async () =>
    expect(await get(app, "/readyz")).toMatchObject({ status: 503, body: { ready: false, reasons: ["Redis is away"] } }),
  );
  expect(await get(app, "/healthz")).toMatchObject({ status: 200 });
  await redis.server.restart();
  await eventually(async () => expect(await get(app, "/readyz")).toMatchObject({ status: 200 }));
});

redisTest("a port that is taken is named with its variable, and the worker leaves again", async ({ redis }) => {
  await using simulator = await startSimulator({ models: ["m"] });
  const squatter = createServer().listen(0, "127.0.0.1");
  await once(squatter, "listening");
  const { port } = squatter.address() as AddressInfo;
  await expect(startApp({ redis, simulator, port })).rejects.toMatchObject({
    code: "PORT_IN_USE",
    message: expect.stringContaining("WORKER_PORT"),
  });
  squatter.close();
  expect(await redis.admin.zcard(`{${redis.namespace}}:workers`)).toBe(0);
});

async function get(app: WorkerApp, path: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${app.url}${path}`);
  return { status: response.status, body: await response.json() };
}
