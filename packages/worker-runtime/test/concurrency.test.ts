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
