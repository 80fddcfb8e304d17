import { connectClient } from "@llm-router/client";
import { redisTest } from "@llm-router/testkit";
import { expect } from "vitest";
import { startScriptedWorker } from "./scripted-worker.ts";

redisTest("an idempotency key stands for what is asked, however the answer is to be delivered", async ({ redis }) => {
  await using worker = await startScriptedWorker(redis, async (_run, say) => {
    await say("once");
    return "once";
  });
  await using client = await connectClient({ redis: redis.url, namespace: redis.namespace });
  const request = { prompt: "hi", temperature: 0, idempotencyKey: "k" };
  const { id } = await client.generate(request);
  // Turned on meanwhile, the cache gives the job another key; the request is the same.
  await redis.admin.hset(worker.context.keys.config, "cache", JSON.stringify({ enabled: true }));
  await redis.admin.hincrby(worker.context.keys.config, "version", 1);
  const stream = client.stream({ ...request, onBrokenStream: "restart" });
  expect((await stream.result()).id).toBe(id);
  expect((await (await client.enqueue(request)).result()).id).toBe(id);
  await expect(client.generate({ ...request, temperature: 0.1 })).rejects.toMatchObject({ code: "IDEMPOTENCY_KEY_REUSED" });
  expect(worker.runs).toHaveLength(1);
});
