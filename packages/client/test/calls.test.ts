import { Client, connectClient, RouterError } from "@llm-router/client";
import { redisTest, startTestRedis } from "@llm-router/testkit";
import { expect, test } from "vitest";
import { startScriptedWorker } from "./scripted-worker.ts";

const codeOf = (error: unknown) => (RouterError.is(error) ? error.code : error);

redisTest("generate() submits a prompt and resolves with its answer", async ({ redis }) => {
  await using _worker = await startScriptedWorker(
    redis,
    async (run) => `answer to ${(JSON.parse(run.data) as { request: { prompt: string } }).request.prompt}`,
  );
  await using client = await connectClient({ redis: redis.url, namespace: redis.namespace });
  const result = await client.generate({ prompt: "hi", priority: "High" });
  expect(result).toMatchObject({ content: "answer to hi", modelUsed: "tiny", success: true, cached: false });
});

redisTest("two hundred calls at once share one blocking connection", async ({ redis }) => {
  await using _worker = await startScriptedWorker(redis, async (run) => run.id);
  await using client = await connectClient({ redis: redis.url, namespace: redis.namespace });
  const before = Number(/blocked_clients:(\d+)/.exec(await redis.admin.info("clients"))?.[1]);
  const results = await Promise.all(Array.from({ length: 200 }, () => client.generate({ prompt: "hi" })));
  expect(new Set(results.map(({ content }) => content)).size).toBe(200);
  expect(results.every(({ id, content }) => id === content)).toBe(true);
  expect(Number(/blocked_clients:(\d+)/.exec(await redis.admin.info("clients"))?.[1])).toBeLessThanOrEqual(before + 1);
});

redisTest("a failed request rejects generate() with its code and id, and outcome() gives it as a value", async ({ redis }) => {
  await using _worker = await startScriptedWorker(redis, async () => {
    throw new Error("no such option");
  });
  await using client = await connectClient({ redis: redis.url, namespace: redis.namespace });
  await expect(client.generate({ prompt: "hi" })).rejects.toMatchObject({
    code: "PROVIDER_REJECTED",
    message: "no such option",
    model: "tiny",
  });
  const job = await client.enqueue({ prompt: "hi" });
  expect(await job.outcome()).toMatchObject({ state: "failed", id: job.id, error: { code: "PROVIDER_REJECTED" } });
});

redisTest("enqueue() returns at once; result({ waitMs }) only stops waiting", async ({ redis }) => {
  const gate = Promise.withResolvers<void>();
  await using _worker = await startScriptedWorker(redis, async () => {
    await gate.promise;
    return "late";
  });
  await using client = await connectClient({ redis: redis.url, namespace: redis.namespace });
  const job = await client.enqueue({ prompt: "hi" });
  await expect(job.result({ waitMs: 20 })).rejects.toMatchObject({ code: "WAIT_TIMEOUT", id: job.id });
  expect(["waiting", "active"]).toContain((await job.status()).state);
  gate.resolve();
  expect((await job.result()).content).toBe("late");
  expect((await job.status()).state).toBe("completed");
});

redisTest("another process attaches to a request by its id, before and after its end", async ({ redis }) => {
  const gate = Promise.withResolvers<void>();
  await using _worker = await startScriptedWorker(redis, async () => {
    await gate.promise;
    return "shared";
  });
  await using producer = await connectClient({ redis: redis.url, namespace: redis.namespace });
  await using other = await connectClient({ redis: redis.url, namespace: redis.namespace });
  const job = await producer.enqueue({ prompt: "hi" });
  const waiting = other.attach(job.id).result();
  await other.attach(job.id).status();
  gate.resolve();
  expect((await waiting).content).toBe("shared");
  await using late = await connectClient({ redis: redis.url, namespace: redis.namespace });
  expect((await late.attach(job.id).result()).content).toBe("shared");
  await expect(late.attach(`${job.id.slice(0, -4)}ffff`).result()).rejects.toMatchObject({ code: "UNKNOWN_REQUEST" });
});

redisTest("enqueueMany() accepts and refuses each request for itself", async ({ redis }) => {
  const gate = Promise.withResolvers<void>();
  const script = async () => {
    await gate.promise;
    return "ok";
  };
  await using _worker = await startScriptedWorker(redis, script, {
    tiny: { provider: "custom", model: "tiny", maxQueueDepth: 3, concurrency: 1 },
  });
  await using client = await connectClient({ redis: redis.url, namespace: redis.namespace });
  const outcomes = await client.enqueueMany([...Array.from({ length: 5 }, () => ({ prompt: "hi", priority: "critical" })), { prompt: "" }]);
  const codes = outcomes.map((outcome) => (outcome.ok ? "accepted" : outcome.error.code));
  expect(codes.filter((code) => code === "accepted")).toHaveLength(3);
  expect(codes.filter((code) => code === "QUEUE_FULL")).toHaveLength(2);
  expect(codes.at(-1)).toBe("INVALID_REQUEST");
  const refused = outcomes.find((outcome) => !outcome.ok && outcome.error.code === "QUEUE_FULL");
  expect(refused).toMatchObject({ error: { skipped: [{ model: "tiny", reason: "full 3/3" }] } });
  gate.resolve();
  for (const outcome of outcomes) if (outcome.ok) await outcome.job.result();
});

redisTest("an AbortSignal cancels a request that waits, and one that runs", async ({ redis }) => {
  const started = Promise.withResolvers<void>();
  const script = async (run: { abort: AbortController }) => {
    started.resolve();
    await new Promise((resolve) => run.abort.signal.addEventListener("abort", resolve));
    return "never";
  };
  await using worker = await startScriptedWorker(redis, script, { tiny: { provider: "custom", model: "tiny", concurrency: 1 } });
  await using client = await connectClient({ redis: redis.url, namespace: redis.namespace });
  const running = new AbortController();
  const waiting = new AbortController();
  const first = client.generate({ prompt: "runs" }, { signal: running.signal });
  await started.promise;
  const second = client.enqueue({ prompt: "waits" }, { signal: waiting.signal });
  const job = await second;
  waiting.abort();
  expect(await job.outcome()).toMatchObject({ state: "cancelled", error: { code: "CANCELLED" } });
  running.abort();
  expect(await first.catch(codeOf)).toBe("CANCELLED");
  expect(worker.runs).toHaveLength(1);
});

redisTest("bad input gets one clear sentence and leaves nothing in Redis", async ({ redis }) => {
  await using _worker = await startScriptedWorker(redis, async () => "ok");
  await using client = await connectClient({ redis: redis.url, namespace: redis.namespace });
  const keysOf = async () =>
    (await redis.admin.keys(`{${redis.namespace}}:*`))
      .filter((key) => !key.includes(":c:") && !key.endsWith(":reaper") && !key.endsWith(":stats"))
      .toSorted();
  const before = await keysOf();
  const cases: [unknown, string, RegExp][] = [
    [{ prompt: "" }, "INVALID_REQUEST", /prompt/],
    [{ prompt: "hi", temperature: Number.NaN }, "INVALID_REQUEST", /temperature/],
    [{ prompt: "hi", priority: "urgent" }, "INVALID_REQUEST", /priority.*urgent/],
    [{ prompt: "hi", modle: "tiny" }, "INVALID_REQUEST", /modle.*model/],
    [{ prompt: "hi", model: "tinny" }, "UNKNOWN_MODEL", /tinny.*tiny/],
    [{ prompt: "x".repeat(10 * 1024 * 1024) }, "PROMPT_TOO_LARGE", /\d+ bytes/],
  ];
  for (const [request, code, message] of cases) {
    const error: unknown = await client.generate(request as { prompt: string }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code });
    expect(String(error)).toMatch(message);
  }
  expect(await keysOf()).toEqual(before);
});

redisTest("a budget that the expected wait exceeds is refused at once, with the quote", async ({ redis }) => {
  const gate = Promise.withResolvers<void>();
  const script = async () => {
    await gate.promise;
    return "ok";
  };
  await using worker = await startScriptedWorker(redis, script, { tiny: { provider: "custom", model: "tiny", concurrency: 1 } });
  await using client = await connectClient({ redis: redis.url, namespace: redis.namespace });
  await redis.admin.hset(worker.context.keys.model("tiny"), "svc", "10000");
  const first = await client.enqueue({ prompt: "one" });
  const second = await client.enqueue({ prompt: "two" });
  const error: unknown = await client.generate({ prompt: "three", timeoutMs: 1_000 }).catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: "BUDGET_TOO_SHORT" });
  expect(RouterError.is(error) && (error.expectedWaitMs ?? 0)).toBeGreaterThanOrEqual(10_000);
  gate.resolve();
  await Promise.all([first.result(), second.result()]);
});

redisTest("a namespace without models answers NO_CONFIG, and a model without a worker NO_WORKER", async ({ redis }) => {
  await using client = await connectClient({ redis: redis.url, namespace: redis.namespace });
  await expect(client.generate({ prompt: "hi" })).rejects.toMatchObject({ code: "NO_CONFIG" });
  await using worker = await startScriptedWorker(redis, async () => "ok");
  await worker.context.run("beat", ["test-worker", 0, "{}", "tiny"]);
  await expect(client.generate({ prompt: "hi" })).rejects.toMatchObject({
    code: "NO_WORKER",
    skipped: [{ model: "tiny", reason: "no worker" }],
  });
});

test("Redis away: a new call fails with REDIS_UNAVAILABLE within the time set", async () => {
  await using redis = await startTestRedis();
  await using client = new Client({ redis: redis.url, namespace: redis.namespace, redisTimeoutMs: 300 });
  await client.connect();
  await redis.server.kill9();
  const startedAt = performance.now();
  await expect(client.generate({ prompt: "hi" })).rejects.toMatchObject({ code: "REDIS_UNAVAILABLE" });
  expect(performance.now() - startedAt).toBeLessThan(3 * 300);
});

test("Redis away and back: a waiting call resolves", async () => {
  await using redis = await startTestRedis();
  const gate = Promise.withResolvers<void>();
  await using _worker = await startScriptedWorker(redis, async () => {
    await gate.promise;
    return "after the restart";
  });
  await using client = await connectClient({ redis: redis.url, namespace: redis.namespace });
  const job = await client.enqueue({ prompt: "hi" });
  const result = job.result();
  await redis.server.kill9();
  await redis.server.restart();
  gate.resolve();
  expect((await result).content).toBe("after the restart");
});

redisTest("an idempotency key attaches to the run in flight, and answers from the stored outcome after it", async ({ redis }) => {
  const gate = Promise.withResolvers<void>();
  await using worker = await startScriptedWorker(redis, async () => {
    await gate.promise;
    return "once";
  });
  await using client = await connectClient({ redis: redis.url, namespace: redis.namespace });
  const request = { prompt: "hi", idempotencyKey: "k1" };
  const first = await client.enqueue(request);
  const second = await client.enqueue(request);
  expect(second.id).toBe(first.id);
  await expect(client.enqueue({ ...request, prompt: "other" })).rejects.toMatchObject({ code: "IDEMPOTENCY_KEY_REUSED" });
  gate.resolve();
  expect((await second.result()).content).toBe("once");
  expect((await client.generate(request)).id).toBe(first.id);
  expect(worker.runs).toHaveLength(1);
});
