import { breakerSchema, cacheSchema, modelSchema, routeSchema } from "@llm-router/contracts";
import { readSharedConfig } from "@llm-router/job-queue";
import { redisTest } from "@llm-router/testkit";
import { expect } from "vitest";
import { version } from "../src/version.ts";
import { speaks } from "./support/backends.ts";
import { resultOf, TestClient } from "./support/test-client.ts";
import { startTestWorker } from "./support/test-worker.ts";
import manifest from "../package.json" with { type: "json" };

const key = "sk-inline-0123456789abcdef";
const model = (more: object = {}) => ({ models: { gpu: { provider: "openai", model: "gpt", baseUrl: "http://127.0.0.1:9", ...more } } });

redisTest(
  "a different definition stops the start, naming the keys, both values and the holder; nothing new is left behind",
  async ({ redis }) => {
    await using client = await TestClient.connect(redis);
    await using first = await startTestWorker(redis, { config: { ...model({ concurrency: 4 }), routes: { high: { targets: ["gpu"] } } } });
    const other = {
      models: { ...model({ concurrency: 8, rpm: 60 }).models, fresh: { provider: "openai", model: "m", baseUrl: "http://127.0.0.1:9" } },
      routes: { high: { targets: ["gpu"], maxAttempts: 3 } },
    };
    const refused = startTestWorker(redis, { config: other });
    await expect(refused).rejects.toMatchObject({ code: "CONFIG_CONFLICT" });
    const message = await refused.catch((error: Error) => error.message);
    expect(message).toContain(`models.gpu.concurrency: 8 here, 4 in worker ${first.workerId} (pid ${process.pid}`);
    expect(message).toContain("models.gpu.rpm: 60 here, unset in worker");
    expect(message).toContain("routes.high.maxAttempts: 3 here, 10 in worker");
    expect(message).toContain("LLMR_CONFIG_APPLY=1");
    const shared = await readSharedConfig(client.context);
    expect([...shared.models.keys()]).toEqual(["gpu"]);
    expect(shared.models.get("gpu")?.concurrency).toBe(4);
    expect(await redis.admin.zrange(client.context.keys.workers, "0", "-1")).toEqual([first.workerId]);
  },
);

redisTest("an equal definition is no conflict, also when one of them writes the default out", async ({ redis }) => {
  await using _first = await startTestWorker(redis, { config: model() });
  await using second = await startTestWorker(redis, { config: model({ concurrency: 16, maxQueueDepth: 10_000 }) });
  expect(second.models()).toEqual(["gpu"]);
});

redisTest("whether a worker answers questions in other words, and by which weights, is its own affair", async ({ redis }) => {
  await using client = await TestClient.connect(redis);
  await using _first = await startTestWorker(redis, { config: { ...model(), cache: { enabled: true, semantic: false } } });
  await using _second = await startTestWorker(redis, { config: { ...model(), cache: { enabled: true, semantic: true, weights: "/w" } } });
  expect((await readSharedConfig(client.context)).cache).toEqual(cacheSchema.parse({ enabled: true }));
  const other = startTestWorker(redis, { config: { ...model(), cache: { enabled: true, maxEntries: 5 } } });
  await expect(other).rejects.toMatchObject({ code: "CONFIG_CONFLICT", message: expect.stringContaining("cache.maxEntries: 5 here") });
});

redisTest("LLMR_CONFIG_APPLY replaces it, and the new limits hold", async ({ redis }) => {
  await using client = await TestClient.connect(redis);
  await using _first = await startTestWorker(redis, { config: model({ rpm: 5 }) });
  await using _second = await startTestWorker(redis, { config: model({ maxQueueDepth: 7 }), apply: true });
  expect((await readSharedConfig(client.context)).models.get("gpu")).toMatchObject({ maxQueueDepth: 7 });
  expect(await redis.admin.hmget(client.context.keys.model("gpu"), "max", "rpm")).toEqual(["7", null]);
});

redisTest("of two workers that start at once with different definitions, at most one serves", async ({ redis }) => {
  const started = await Promise.allSettled([
    startTestWorker(redis, { config: model({ rpm: 5 }) }),
    startTestWorker(redis, { config: model({ rpm: 6 }) }),
  ]);
  const serving = started.filter(({ status }) => status === "fulfilled");
  const codes = started.flatMap((each) => (each.status === "rejected" ? [(each.reason as { code: string }).code] : []));
  for (const each of started) if (each.status === "fulfilled") await each.value.close();
  expect(serving.length).toBeLessThanOrEqual(1);
  expect(new Set(codes)).toEqual(new Set(["CONFIG_CONFLICT"]));
});

redisTest("an inline key never reaches Redis; a variable's name does", async ({ redis }) => {
  await using client = await TestClient.connect(redis);
  const config = {
    models: { inline: { provider: "openai", model: "m", apiKey: key }, named: { provider: "openai", model: "m", apiKey: "${MY_KEY}" } },
  };
  await using _worker = await startTestWorker(redis, { config, env: { MY_KEY: `${key}-from-env` } });
  const everything = await dump(redis);
  expect(everything).not.toContain(key);
  expect(everything).toContain("${MY_KEY}");
  expect((await readSharedConfig(client.context)).models.get("inline")?.apiKey).toBe("(secret)");
});

redisTest("a secret that is not set stops the start before anything is written", async ({ redis }) => {
  const config = model({ apiKey: "${NOT_THERE}" });
  await expect(startTestWorker(redis, { config })).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: expect.stringContaining("NOT_THERE"),
  });
  expect(await redis.admin.hkeys(`{${redis.namespace}}:config`)).toEqual(["schemaVersion"]);
});

redisTest("WORKER_MODELS selects what is served; all is defined", async ({ redis }) => {
  await using client = await TestClient.connect(redis);
  await using worker = await startTestWorker(redis, { backends: { a: speaks("a"), b: speaks("b") }, models: ["b"] });
  expect(worker.models()).toEqual(["b"]);
  await expect(client.submit({ models: ["a"] })).rejects.toMatchObject({ code: "NO_WORKER" });
  expect(resultOf(await (await client.submit({ models: ["a", "b"] })).outcome).modelUsed).toBe("b");
  const misspelt = startTestWorker(redis, { backends: { gpu: speaks("a") }, models: ["gpx"] });
  await expect(misspelt).rejects.toMatchObject({ code: "CONFIG_INVALID", message: expect.stringContaining('"gpx" (did you mean "gpu"?)') });
});

redisTest("data of another version stops the start", async ({ redis }) => {
  await redis.admin.hset(`{${redis.namespace}}:config`, "schemaVersion", 99);
  await expect(startTestWorker(redis, { backends: { a: speaks("a") } })).rejects.toMatchObject({ code: "SCHEMA_MISMATCH" });
});

redisTest("models, routes, breaker and cache can be defined after the start", async ({ redis }) => {
  await using client = await TestClient.connect(redis);
  await using worker = await startTestWorker(redis);
  await worker.addModel("late", modelSchema.parse({ provider: "test", model: "x" }), speaks("first"));
  expect(resultOf(await (await client.submit({ models: ["late"] })).outcome).content).toBe("first");
  // Another definition of the same name takes its place.
  await worker.addModel("late", modelSchema.parse({ provider: "test", model: "x", maxQueueDepth: 3 }), speaks("second"));
  expect(resultOf(await (await client.submit({ models: ["late"] })).outcome).content).toBe("second");
  expect(worker.counters().completed).toBe(2);
  await worker.setRoute("HIGH", routeSchema.parse({ targets: ["late"], maxAttempts: 2 }));
  await worker.setBreaker(breakerSchema.parse({ failureThreshold: 9 }));
  await worker.setCache(cacheSchema.parse({ enabled: true }));
  const shared = await readSharedConfig(client.context);
  expect(shared.routes.get("HIGH")).toMatchObject({ targets: ["late"], maxAttempts: 2 });
  expect(shared.breaker.failureThreshold).toBe(9);
  expect(shared.cache.enabled).toBe(true);
  expect(await redis.admin.hmget(client.context.keys.model("late"), "bf", "max")).toEqual(["9", "3"]);
  await expect(worker.addModel("other", modelSchema.parse({ provider: "nobody", model: "x" }))).rejects.toMatchObject({
    code: "CONFIG_INVALID",
  });
  expect(worker.models()).toEqual(["late"]);
});

redisTest(
  "two equal processes that are configured piece by piece agree; one that says nothing takes what the others said",
  async ({ redis }) => {
    await using client = await TestClient.connect(redis);
    const breaker = breakerSchema.parse({ failureThreshold: 9 });
    const local = modelSchema.parse({ provider: "test", model: "x" });
    await using first = await startTestWorker(redis, { settings: "adopt" });
    await first.setBreaker(breaker);
    await first.addModel("local", local, speaks("a"));
    await using second = await startTestWorker(redis, { settings: "adopt" });
    await second.setBreaker(breaker);
    await second.addModel("local", local, speaks("b"));
    await using third = await startTestWorker(redis, { settings: "adopt" });
    await third.addModel("other", local, speaks("c"));
    expect(await redis.admin.hget(client.context.keys.model("other"), "bf")).toBe("9");
    await expect(second.setBreaker(breakerSchema.parse({}))).rejects.toMatchObject({ code: "CONFIG_CONFLICT" });
  },
);

redisTest("a worker says in Redis who it is and what it serves, and takes it back when it closes", async ({ redis }) => {
  await using client = await TestClient.connect(redis);
  const worker = await startTestWorker(redis, { backends: { a: speaks("a") } });
  const info = await redis.admin.hget(`{${redis.namespace}}:worker-info`, worker.workerId);
  expect(JSON.parse(info ?? "")).toMatchObject({ pid: process.pid, version: manifest.version, models: ["a"] });
  expect(version).toBe(manifest.version);
  expect(worker.readiness()).toEqual({ ready: true, reasons: [] });
  await worker.close();
  await worker.close();
  expect(await redis.admin.zcard(client.context.keys.workers)).toBe(0);
  expect(worker.readiness().ready).toBe(false);
});

/** Every key and value of the namespace as one text. */
async function dump({
  admin,
  namespace,
}: {
  admin: { keys(pattern: string): Promise<string[]>; dump(key: string): Promise<string | null> };
  namespace: string;
}): Promise<string> {
  const keys = await admin.keys(`{${namespace}}:*`);
  const values = await Promise.all(keys.map((each) => admin.dump(each)));
  return [...keys, ...values].join("\n");
}
