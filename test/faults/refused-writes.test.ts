import { Client } from "@llm-router/client";
import { createKeys } from "@llm-router/contracts";
import { startSimulator } from "@llm-router/simulator";
import { eventually, redisTest, startTestRedis, type RedisAccess } from "@llm-router/testkit";
import { expect, test } from "vitest";
import { inParallel, startCluster } from "@llm-router/bench/scenarios/cluster";
import { startProxy } from "./proxy.ts";

const portOf = (url: string): number => Number(new URL(url).port);

/** What a crash of Redis does to what it had not written down yet. */
async function forget({ admin, namespace }: RedisAccess, id: string): Promise<void> {
  const keys = createKeys(namespace);
  const queue = keys.queue("m");
  const lost = admin.multi().del(keys.record(id), `${queue}:${id}`, keys.stream(id));
  await lost.zrem(`${queue}:prioritized`, id).zrem(`${queue}:due`, id).zrem(keys.deadlines, id).exec();
}

/** Resolves when processes have tried to write, and been refused, a good while. */
async function refused({ admin }: RedisAccess): Promise<void> {
  await eventually(async () => expect(await admin.info("errorstats")).toMatch(/errorstat_NOREPLICAS:count=\d{2}/));
}

redisTest(
  "LLMR_DURABILITY=replicated: a connection that breaks while a replica is waited for costs the caller nothing",
  async ({ redis }) => {
    await using simulator = await startSimulator({ models: ["m"], latencyMs: 300, tokens: 3 });
    await using proxy = await startProxy(portOf(redis.url));
    await using _cluster = await startCluster({
      redis,
      config: { models: { m: { provider: "ollama", model: "m", baseUrl: simulator.url, concurrency: 2 } } },
    });
    await using client = new Client({ redis: proxy.url, namespace: redis.namespace, durability: "replicated" });
    await client.connect();
    // Without a replica it waits for a second.
    const waiting = proxy.loseAnswersAfter("\r\nwait\r\n");
    const answer = client.generate({ prompt: "[[w]]" });
    await waiting;
    proxy.cut();
    expect((await answer).content).toContain("[[w]]");
    expect(simulator.calls()).toHaveLength(1);
  },
);

test("a master without its replicas refuses writes: new requests wait, and runs under way are finished once", async () => {
  await using redis = await startTestRedis();
  await using simulator = await startSimulator({ models: ["m"], latencyMs: 300, tokens: 3 });
  await using proxy = await startProxy(redis.server.port);
  await using _cluster = await startCluster({
    redis,
    config: { models: { m: { provider: "ollama", model: "m", baseUrl: simulator.url, concurrency: 1 } } },
  });
  await using client = new Client({ redis: proxy.url, namespace: redis.namespace, redisTimeoutMs: 10_000 });
  const running = await client.enqueue({ prompt: "[[running]]" });
  const waiting = await client.enqueue({ prompt: "[[waiting]]" });
  await simulator.waitForCall(({ marker }) => marker === "running");
  await redis.admin.config("SET", "min-replicas-to-write", "1");
  await redis.admin.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
  proxy.cut();
  const late = client.generate({ prompt: "[[late]]" });
  late.catch(() => undefined); // awaited below
  await eventually(() => expect(simulator.stats.completed).toBe(1));
  // The clients have asked by now what became of their requests, and were refused.
  await refused(redis);
  await redis.admin.config("SET", "min-replicas-to-write", "0");
  expect((await late).content).toContain("[[late]]");
  expect((await running.result()).content).toContain("[[running]]");
  expect((await waiting.result()).content).toContain("[[waiting]]");
  expect(simulator.calls()).toHaveLength(3);
});

test("Redis loses a waiting request and refuses writes for a while: its client submits it again when it can", async () => {
  await using redis = await startTestRedis();
  await using simulator = await startSimulator({ models: ["m"], latencyMs: 3_600_000, tokens: 3 });
  await using proxy = await startProxy(redis.server.port);
  await using _cluster = await startCluster({
    redis,
    config: { models: { m: { provider: "ollama", model: "m", baseUrl: simulator.url, concurrency: 1 } } },
  });
  await using client = new Client({ redis: proxy.url, namespace: redis.namespace });
  await using stranger = new Client({ redis: proxy.url, namespace: redis.namespace });
  const running = await client.enqueue({ prompt: "[[running]]" });
  await simulator.waitForCall(({ marker }) => marker === "running");
  const waiting = await client.enqueue({ prompt: "[[waiting]]" });
  const attached = stranger.attach(waiting.id).outcome();
  attached.catch(() => undefined); // awaited below
  await eventually(async () => expect(await redis.admin.hget(createKeys(redis.namespace).record(waiting.id), "w")).toContain(" "));
  await forget(redis, waiting.id);
  await redis.admin.config("SET", "min-replicas-to-write", "1");
  proxy.cut();
  await refused(redis);
  await redis.admin.config("SET", "min-replicas-to-write", "0");
  await eventually(async () => expect((await waiting.status()).state).toBe("waiting"));
  await running.cancel();
  await simulator.control({ latencyMs: 0 });
  expect((await waiting.result({ waitMs: 15_000 })).content).toContain("[[waiting]]");
  // Who had only attached is told too: its outcome, or that Redis does not know it, had it asked before it was submitted again.
  const end = await attached.catch((error: unknown) => error);
  expect(end).toEqual(expect.objectContaining(end instanceof Error ? { code: "UNKNOWN_REQUEST" } : { state: "completed" }));
});

test("scripts that are refused before Redis has ever seen them are sent in full again, many at once", async () => {
  await using redis = await startTestRedis();
  await using simulator = await startSimulator({ models: ["m"], tokens: 3 });
  await using cluster = await startCluster({
    redis,
    config: { models: { m: { provider: "ollama", model: "m", baseUrl: simulator.url } } },
  });
  await using client = new Client({ redis: redis.url, namespace: redis.namespace, redisTimeoutMs: 10_000 });
  await client.connect();
  // As a master is that has just taken over: it knows no script, and refuses to write until it has a replica.
  await redis.admin.config("SET", "min-replicas-to-write", "1");
  await redis.admin.script("FLUSH");
  const answers = inParallel(30, 30, (n) => client.generate({ prompt: `[[p${n}]]` }));
  answers.catch(() => undefined); // awaited below
  await refused(redis);
  await redis.admin.config("SET", "min-replicas-to-write", "0");
  expect(await answers).toHaveLength(30);
  expect(await cluster.client.getStats()).toMatchObject({ accepted: 30, successes: 30 });
});

test("after an outage in which workers could not say that they live, requests wait for them to say so", async () => {
  await using redis = await startTestRedis();
  await using simulator = await startSimulator({ models: ["m"], tokens: 3 });
  await using cluster = await startCluster({
    redis,
    config: { models: { m: { provider: "ollama", model: "m", baseUrl: simulator.url } } },
  });
  const { client } = cluster;
  await client.connect();
  // The worker was last heard of long ago, and nothing can be written: as after ten seconds of that.
  const keys = createKeys(redis.namespace);
  await redis.admin.multi().hset(keys.model("m"), "wa", 1).config("SET", "min-replicas-to-write", "1").exec();
  const answer = client.generate({ prompt: "[[back]]" });
  answer.catch(() => undefined); // awaited below
  await refused(redis);
  await redis.admin.config("SET", "min-replicas-to-write", "0");
  expect((await answer).content).toContain("[[back]]");
  // Without an outage it is said at once that there is none.
  await using fresh = new Client({ redis: redis.url, namespace: redis.namespace });
  await cluster.workers[0]?.stop();
  const askedAt = performance.now();
  await expect(fresh.generate({ prompt: "[[none]]" })).rejects.toMatchObject({ code: "NO_WORKER" });
  expect(performance.now() - askedAt).toBeLessThan(3 * 500);
});
