import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { Event } from "@llm-router/contracts";
import { readStream, whenReady } from "@llm-router/job-queue";
import { eventually, startTestRedis } from "@llm-router/testkit";
import { expect, test } from "vitest";
import { Gate, speaks, streams } from "./support/backends.ts";
import { resultOf, TestClient } from "./support/test-client.ts";
import { startTestWorker } from "./support/test-worker.ts";

const isText = ({ delta }: Event): boolean => delta?.text !== undefined;

test("with Redis stopped for 3 s under load, everything resumes by itself and nothing spins", async () => {
  await using redis = await startTestRedis();
  const gate = new Gate();
  await using client = await TestClient.connect(redis);
  await using worker = await startTestWorker(redis, { backends: { slow: gate.backend, quick: speaks("quick") } });
  const jobs = await client.submitMany(40, { models: ["slow"] });
  await gate.arrived(16);
  // In the file of the server that is about to be killed; it is synced every second.
  await redis.admin.config("SET", "appendfsync", "always");
  await redis.admin.incr("{x}:synced");
  await redis.server.kill9();
  gate.open();
  const cpuBefore = process.cpuUsage();
  await delay(3_000); // the outage itself
  const cpu = process.cpuUsage(cpuBefore);
  expect((cpu.user + cpu.system) / 1_000).toBeLessThan(1_500);
  expect(worker.readiness()).toMatchObject({ ready: false, reasons: ["Redis is away"] });
  await redis.server.restart();
  for (const { outcome } of jobs) expect(resultOf(await outcome).content).toBe("let go");
  await eventually(() => expect(worker.readiness().ready).toBe(true));
  const after = await eventually(() => client.submit({ models: ["quick"] }));
  expect(resultOf(await after.outcome).content).toBe("quick");
  // Those whose call was under way were not called again.
  expect(gate.calls).toHaveLength(40);
});

test("a stream that is being written when Redis goes away has no gap and no repeat", async () => {
  await using redis = await startTestRedis();
  const words = Array.from({ length: 300 }, (_, i) => `w${i} `);
  const backend = streams(async function* () {
    for (const text of words) {
      yield { text };
      await delay(5); // a model's pace
    }
    yield { finishReason: "stop" };
  });
  await using client = await TestClient.connect(redis);
  await using worker = await startTestWorker(redis, { backends: { tiny: backend } });
  await redis.admin.config("SET", "appendfsync", "always");
  const job = await client.submit({ models: ["tiny"], streamed: true });
  await job.waitFor(isText);
  await redis.server.kill9();
  await delay(700);
  await redis.server.restart();
  const result = resultOf(await job.outcome);
  expect(result).toMatchObject({ content: words.join(""), attempts: [{ outcome: "completed" }] });
  const stored = await readStream(client.context, job.id, 0);
  expect(stored.flatMap(({ delta }) => delta?.text ?? [])).toEqual(words);
  expect(stored.map(({ seq }) => seq)).toEqual(stored.map((_, i) => i + 1));
  expect(worker.counters().appendFailures).toBeGreaterThan(0);
});

test("connections cut in the middle of appends neither lose nor repeat a token", async () => {
  await using redis = await startTestRedis();
  const words = Array.from({ length: 400 }, (_, i) => `w${i} `);
  const backend = streams(async function* () {
    for (const text of words) {
      yield { text };
      await delay(2);
    }
    yield { finishReason: "stop" };
  });
  await using client = await TestClient.connect(redis);
  await using worker = await startTestWorker(redis, { backends: { tiny: backend } });
  const jobs = await client.submitMany(8, { models: ["tiny"], streamed: true });
  await Promise.all(jobs.map((job) => job.waitFor(isText)));
  for (let i = 0; i < 8; i++) {
    await redis.admin.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    await delay(100);
  }
  // The connection that looks may be one of those that were cut last.
  await whenReady(client.context.redis, 5_000);
  for (const job of jobs) {
    expect(resultOf(await job.outcome).content).toBe(words.join(""));
    const stored = await readStream(client.context, job.id, 0);
    expect(stored.flatMap(({ delta }) => delta?.text ?? [])).toEqual(words);
  }
  expect(worker.counters().appendFailures).toBeGreaterThan(0);
});

test("a worker closes in a few seconds, also when Redis is away and runs are under way", async () => {
  await using redis = await startTestRedis();
  const gate = new Gate();
  await using client = await TestClient.connect(redis);
  const worker = await startTestWorker(redis, { backends: { slow: gate.backend } });
  await client.submitMany(3, { models: ["slow"], streamed: true });
  await gate.arrived(3);
  await redis.server.kill9();
  const startedAt = performance.now();
  await worker.close({ graceMs: 100 });
  expect(performance.now() - startedAt).toBeLessThan(8_000);
  expect(gate.calls.every(({ abortedAt }) => abortedAt !== undefined)).toBe(true);
  gate.open();
});

test("a start without Redis fails with its address, and leaves nothing running", async () => {
  const redis = await startTestRedis();
  await redis[Symbol.asyncDispose]();
  const started = startTestWorker(redis, { backends: { a: speaks("a") }, connectTimeoutMs: 200 });
  await expect(started).rejects.toMatchObject({
    code: "REDIS_UNAVAILABLE",
    message: expect.stringContaining(`127.0.0.1:${redis.server.port}`),
  });
});

test("when Redis is full, answers still arrive; their streams are a prefix without the end mark", async () => {
  await using redis = await startTestRedis();
  const received = Promise.withResolvers<void>();
  const backend = streams(async function* () {
    yield { text: "first " };
    await received.promise;
    yield { text: "second" };
    yield { finishReason: "stop" };
  });
  await using client = await TestClient.connect(redis);
  await using _worker = await startTestWorker(redis, { backends: { tiny: backend } });
  const job = await client.submit({ models: ["tiny"], streamed: true });
  await job.waitFor(isText);
  await redis.admin.config("SET", "maxmemory", "1");
  received.resolve();
  expect(resultOf(await job.outcome).content).toBe("first second");
  await redis.admin.config("SET", "maxmemory", "0");
  const stored = await readStream(client.context, job.id, 0);
  expect(stored.flatMap(({ delta }) => delta?.text ?? [])).toEqual(["first "]);
  expect(stored.some(({ delta }) => delta?.finishReason)).toBe(false);
});

test("a start whose first connections are cut goes on with the next one", async () => {
  await using redis = await startTestRedis();
  const { port } = new URL(redis.url);
  let cut = 0;
  // Cuts the first three, each when the second command comes: the connection is there, and breaks in the middle of the checks.
  const proxy = createServer((socket) => {
    const upstream = connect(Number(port), "127.0.0.1");
    let pieces = 0;
    socket.on("data", (piece) => (cut < 3 && ++pieces === 3 ? (cut++, socket.destroy()) : upstream.write(piece)));
    upstream.on("data", (piece) => void socket.write(piece));
    for (const side of [socket, upstream]) side.on("error", () => undefined).on("close", () => (socket.destroy(), upstream.destroy()));
  });
  await once(proxy.listen(0, "127.0.0.1"), "listening");
  const url = `redis://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const worker = await startTestWorker({ url, namespace: redis.namespace }, { backends: { a: speaks("a") } });
  expect(cut).toBe(3);
  await worker.close();
  proxy.close();
});
