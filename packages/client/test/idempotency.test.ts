import { connectClient } from "@llm-router/client";
import { redisTest } from "@llm-router/testkit";
import { expect } from "vitest";
import { startScriptedWorker } from "./scripted-worker.ts";
import { startTcpProxy } from "./tcp-proxy.ts";

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

redisTest("whoever hears of a run under way only after its outcome has come is given the outcome all the same", async ({ redis }) => {
  const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>();
  await using _worker = await startScriptedWorker(redis, async () => {
    await mayEnd;
    return "once";
  });
  await using proxy = await startTcpProxy(redis.url);
  await using client = await connectClient({ redis: proxy.url, namespace: redis.namespace });
  const request = { prompt: "a prompt to be asked twice", idempotencyKey: "k" };
  const first = await client.enqueue(request);
  const { held, release } = proxy.holdReplyTo(request.prompt);
  const second = client.enqueue(request);
  await held;
  end();
  await first.result();
  release();
  expect(await (await second).result({ waitMs: 5_000 })).toMatchObject({ id: first.id, content: "once" });
});
