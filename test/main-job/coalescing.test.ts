import { type Simulator, startSimulator } from "@llm-router/simulator";
import { eventually, redisTest, type RedisAccess, spawnNode } from "@llm-router/testkit";
import { describe, expect } from "vitest";
import type { Request, Result } from "@llm-router/contracts";
import { type Cluster, startCluster } from "@llm-router/bench/scenarios/cluster";

const processes = 5;
const asks = 10;

function startOne(redis: RedisAccess, simulator: Simulator, concurrency = 4): Promise<Cluster> {
  const m = { provider: "ollama" as const, model: "m", baseUrl: simulator.url, concurrency };
  return startCluster({ redis, config: { models: { m }, cache: { enabled: true } } });
}

/** The same prompt from five processes, ten times each, all at once (`bench faults --only fifty-processes-ask` has 50 of them). They wait behind another call until all of them have come. */
async function askFromEverywhere(
  redis: RedisAccess,
  requestOf: (process: number) => Request,
): Promise<{ results: Result[]; calls: number }> {
  await using simulator = await startSimulator({ models: ["m"], latencyMs: 3_600_000 });
  await using cluster = await startOne(redis, simulator, 1);
  const before = await cluster.client.enqueue({ prompt: "[[before]]" });
  await eventually(() => expect(simulator.stats.underWay).toBe(1));
  const askers = Array.from({ length: processes }, (_, n) =>
    spawnNode(new URL("../../bench/scenarios/asker.ts", import.meta.url), {
      env: {
        REDIS_URL: redis.url,
        LLMR_NAMESPACE: redis.namespace,
        REQUESTS: JSON.stringify(Array.from({ length: asks }, () => requestOf(n))),
      },
    }),
  );
  try {
    const open = () => redis.admin.zcard(`{${redis.namespace}}:deadlines`);
    await eventually(async () => expect(await open()).toBe(1 + processes * asks), { timeoutMs: 90_000 });
    await simulator.control({ latencyMs: 0 });
    await before.cancel();
    const lines = await Promise.all(askers.map((asker) => asker.waitForLine(/^answered (.+)$/, 60_000)));
    const results = lines.flatMap(([, json]) => JSON.parse(json ?? "[]") as Result[]);
    return { results, calls: simulator.stats.received - 1 };
  } finally {
    await Promise.all(askers.map((asker) => asker[Symbol.asyncDispose]()));
  }
}

function joined(deltas: readonly { text?: string | undefined }[]): string {
  return deltas.map(({ text = "" }) => text).join("");
}

describe("equal prompts asked at once", { timeout: 180_000 }, () => {
  const cases = [
    { name: "at temperature 0 by one tenant: one model call, 50 answers", request: () => ({ prompt: "[[q]]", temperature: 0 }), calls: 1 },
    { name: "at temperature 0.8: 50 calls", request: () => ({ prompt: "[[q]]", temperature: 0.8 }), calls: 50 },
    { name: "by two tenants: two calls", request: (n: number) => ({ prompt: "[[q]]", temperature: 0, tenant: `t${n % 2}` }), calls: 2 },
  ];
  for (const { name, request, calls } of cases) {
    redisTest(name, async ({ redis }) => {
      const { results, calls: made } = await askFromEverywhere(redis, request);
      expect(results).toHaveLength(processes * asks);
      expect(new Set(results.map(({ id }) => id)).size).toBe(processes * asks);
      expect(results.every(({ content }) => content.includes("[[q]]"))).toBe(true);
      expect(made).toBe(calls);
      expect(results.filter(({ coalesced }) => coalesced)).toHaveLength(processes * asks - calls);
    });
  }

  redisTest("the worker of a LOW leader is killed: its CRITICAL follower is answered, with at most two calls", async ({ redis }) => {
    await using simulator = await startSimulator({ models: ["m"], latencyMs: 3_600_000 });
    await using cluster = await startOne(redis, simulator);
    const request = { prompt: "[[q]]", temperature: 0 };
    const leader = cluster.client.generate({ ...request, priority: "LOW" });
    await eventually(() => expect(simulator.stats.underWay).toBe(1));
    const follower = await cluster.client.enqueue({ ...request, priority: "CRITICAL" });
    await cluster.workers[0]?.kill9();
    await simulator.control({ latencyMs: 0 });
    await cluster.addWorker();
    expect(await follower.result()).toMatchObject({ coalesced: true });
    expect(await leader).toMatchObject({ coalesced: false });
    expect(simulator.stats.received).toBeLessThanOrEqual(2);
  });

  redisTest("a LOW leader is cancelled: its CRITICAL follower is answered, with at most two calls", async ({ redis }) => {
    await using simulator = await startSimulator({ models: ["m"], latencyMs: 3_600_000 });
    await using cluster = await startOne(redis, simulator);
    const request = { prompt: "[[q]]", temperature: 0 };
    const leader = await cluster.client.enqueue({ ...request, priority: "LOW" });
    await eventually(() => expect(simulator.stats.underWay).toBe(1));
    const follower = cluster.client.generate({ ...request, priority: "CRITICAL" });
    await eventually(async () => expect(await redis.admin.zcard(`{${redis.namespace}}:deadlines`)).toBe(2));
    await simulator.control({ latencyMs: 0 });
    expect((await leader.cancel()).state).toBe("cancelled");
    expect(await follower).toMatchObject({ success: true });
    expect(simulator.stats.received).toBeLessThanOrEqual(2);
  });

  redisTest(
    "a reader of a plain request is given its events and its answer, also from a later one on, and when it is streamed for a follower",
    async ({ redis }) => {
      await using simulator = await startSimulator({ models: ["m"], latencyMs: 3_600_000 });
      await using cluster = await startOne(redis, simulator, 1);
      const { client } = cluster;
      const before = await client.enqueue({ prompt: "[[before]]" });
      await eventually(() => expect(simulator.stats.underWay).toBe(1));
      const request = { prompt: "[[q]]", temperature: 0 };
      const leader = await client.enqueue({ ...request, stream: false });
      const followed = Array.fromAsync(client.stream(request));
      await eventually(async () => expect(await redis.admin.zcard(`{${redis.namespace}}:deadlines`)).toBe(3));
      await simulator.control({ latencyMs: 0 });
      await before.cancel();
      const { content } = await leader.result();
      expect(joined(await followed)).toBe(content);
      for (const from of [0, 1]) {
        const events = await Array.fromAsync(client.attach(leader.id).events(from));
        expect(events.map(({ type }) => type).filter((type) => type !== "delta")).toEqual(["queued", "started", "completed"].slice(from));
        expect(joined(events.flatMap(({ delta }) => delta ?? []))).toBe(content);
      }
    },
  );

  redisTest("streams share a call: each reader gets the whole text, also one that came late", async ({ redis }) => {
    await using simulator = await startSimulator({ models: ["m"], tokens: 40, tokensPerSecond: 40 });
    await using cluster = await startOne(redis, simulator);
    const request = { prompt: "[[q]]", temperature: 0 };
    const textOf = async () => joined(await Array.fromAsync(cluster.client.stream(request)));
    const first = textOf();
    await eventually(() => expect(simulator.stats.underWay).toBe(1));
    const texts = await Promise.all([first, textOf(), textOf()]);
    expect(texts[0]).toContain("[[q]]");
    expect(new Set(texts).size).toBe(1);
    // Now it comes from the cache, as one delta.
    await eventually(async () => expect((await cluster.client.generate(request)).cached).toBe("exact"));
    expect(await textOf()).toBe(texts[0]);
    expect(simulator.stats.received).toBe(1);
  });
});
