import { cacheSchema, type FinishReason } from "@llm-router/contracts";
import { eventually, redisTest } from "@llm-router/testkit";
import { expect } from "vitest";
import { speaks, streams } from "./support/backends.ts";
import { resultOf, TestClient } from "./support/test-client.ts";
import { startTestWorker } from "./support/test-worker.ts";

const cacheKey = "c0ffee";
const asked = { models: ["tiny"], cacheKey, job: { cacheKey } };

redisTest("an answer is kept after its delivery, and the next request of the same key gets it without a call", async ({ redis }) => {
  await using client = await TestClient.connect(redis);
  await using worker = await startTestWorker(redis, {
    backends: { tiny: speaks("Paris") },
    config: { cache: { enabled: true, ttlHours: 2 } },
  });
  const first = resultOf(await (await client.submit(asked)).outcome);
  await eventually(() => expect(worker.counters().cacheWrites).toBe(1));
  const second = resultOf(await (await client.submit(asked)).outcome);
  expect(second).toMatchObject({
    content: "Paris",
    cached: "exact",
    sourceRequestId: first.id,
    modelUsed: "tiny",
    usage: first.usage,
    finishReason: "stop",
    attempts: [],
  });
  expect(second.id).not.toBe(first.id);
  expect(worker.counters().runs).toBe(1);
  expect(await redis.admin.pttl(`{${redis.namespace}}:x:${cacheKey}:tiny`)).toBeGreaterThan(2 * 3_600_000 - 60_000);
});

redisTest.for([
  ["length", "half an"],
  ["content_filter", "I cannot"],
  ["stop", "  "],
] as [FinishReason, string][])("an answer that ended with %s, %j, is not kept", async ([finishReason, text], { redis }) => {
  const backend = streams(async function* () {
    yield { text, finishReason };
  });
  await using client = await TestClient.connect(redis);
  await using worker = await startTestWorker(redis, {
    backends: { tiny: backend, other: speaks("x") },
    config: { cache: { enabled: true } },
  });
  resultOf(await (await client.submit(asked)).outcome);
  // A later, eligible answer is written: by then the first one would have been, too.
  resultOf(await (await client.submit({ models: ["other"], job: { cacheKey: "other" } })).outcome);
  await eventually(() => expect(worker.counters().cacheWrites).toBe(1));
  expect(await redis.admin.exists(`{${redis.namespace}}:x:${cacheKey}:tiny`)).toBe(0);
});

redisTest("switched on in one process, it is written by all", async ({ redis }) => {
  await using client = await TestClient.connect(redis);
  await using a = await startTestWorker(redis, { backends: { tiny: speaks("x") }, apply: true });
  await using b = await startTestWorker(redis, { apply: true });
  resultOf(await (await client.submit(asked)).outcome);
  await b.setCache(cacheSchema.parse({ enabled: true }));
  await eventually(async () => {
    resultOf(await (await client.submit(asked)).outcome);
    expect(a.counters().cacheWrites).toBe(1);
  });
});
