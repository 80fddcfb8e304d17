import { breakerSchema, modelSchema } from "@llm-router/contracts";
import { define } from "@llm-router/job-queue";
import { eventually, redisTest } from "@llm-router/testkit";
import { expect } from "vitest";
import { Gate } from "./support/backends.ts";
import { resultOf, TestClient } from "./support/test-client.ts";
import { startTestWorker } from "./support/test-worker.ts";

redisTest("WORKER_CONCURRENCY 1 answers a backlog of several models, one at a time", async ({ redis }) => {
  let [underWay, most] = [0, 0];
  const backend = {
    generate: async () => {
      most = Math.max(most, ++underWay);
      await new Promise(setImmediate);
      underWay -= 1;
      return { content: "x" };
    },
  };
  await using client = await TestClient.connect(redis);
  await using _worker = await startTestWorker(redis, { backends: { a: backend, b: backend }, concurrency: 1 });
  const jobs = [...(await client.submitMany(20, { models: ["a"] })), ...(await client.submitMany(20, { models: ["b"] }))];
  for (const { outcome } of jobs) resultOf(await outcome);
  expect(most).toBe(1);
});

redisTest("WORKER_CONCURRENCY caps the runs of a process over all its models", async ({ redis }) => {
  const [a, b] = [new Gate(), new Gate()];
  await using client = await TestClient.connect(redis);
  await using worker = await startTestWorker(redis, { backends: { a: a.backend, b: b.backend }, concurrency: 3 });
  const jobs = [...(await client.submitMany(5, { models: ["a"] })), ...(await client.submitMany(5, { models: ["b"] }))];
  await eventually(() => expect(a.calls.length + b.calls.length).toBe(3));
  expect(worker.status().reduce((sum, { active }) => sum + active, 0)).toBe(3);
  a.open();
  b.open();
  for (const { outcome } of jobs) resultOf(await outcome);
});

redisTest("a concurrency that another process raises is used at once, also by a worker that has its runs under way", async ({ redis }) => {
  const gate = new Gate();
  await using client = await TestClient.connect(redis);
  const model = modelSchema.parse({ provider: "test", model: "m", concurrency: 1 });
  await using _worker = await startTestWorker(redis, { config: { models: { m: model } }, backends: { m: gate.backend } });
  const jobs = await client.submitMany(3, { models: ["m"] });
  await gate.arrived(1);
  const limits = { model, concurrency: 3, breaker: breakerSchema.parse({}) };
  const json = JSON.stringify({ ...model, concurrency: 3 });
  await define(client.context, { field: "model:m", json, limits }, { holder: "test", apply: true });
  await gate.arrived(3);
  gate.open();
  for (const { outcome } of jobs) resultOf(await outcome);
});
