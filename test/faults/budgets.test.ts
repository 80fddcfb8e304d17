import { createKeys, type Outcome } from "@llm-router/contracts";
import type { JobHandle } from "@llm-router/client";
import { startSimulator } from "@llm-router/simulator";
import { eventually, redisTest } from "@llm-router/testkit";
import { expect } from "vitest";
import { startCluster } from "@llm-router/bench/scenarios/cluster";

interface Ended {
  message: string;
  /** After its budget, ms. */
  lateMs: number;
}

/** Waits for a request to expire. */
async function expired(job: JobHandle, submittedAt: number, timeoutMs: number): Promise<Ended> {
  const outcome: Outcome = await job.outcome();
  if (outcome.state !== "expired") throw new Error(`${job.id} ended as ${JSON.stringify(outcome)}`);
  expect(outcome.error.code).toBe("DEADLINE_EXCEEDED");
  return { message: outcome.error.message, lateMs: performance.now() - submittedAt - timeoutMs };
}

function expectPrompt(ended: readonly Ended[]): void {
  for (const { lateMs } of ended) {
    expect(lateMs).toBeGreaterThan(-50);
    expect(lateMs).toBeLessThan(3 * 1_000);
  }
}

redisTest("a budget ends a request wherever it is: active, waiting, delayed or parked; calls are aborted or spared", async ({ redis }) => {
  await using simulator = await startSimulator({
    latencyMs: 3_600_000,
    perModel: { failing: { outage: "status" }, held: { outage: { mode: "rate-limit", retryAfterSeconds: 60 } } },
  });
  const of = (model: string) => ({ provider: "ollama", model, baseUrl: simulator.url, concurrency: 1 });
  await using cluster = await startCluster({
    redis,
    config: { models: { busy: of("busy"), failing: of("failing"), held: of("held") }, breaker: { failureThreshold: 100 } },
  });
  const { client } = cluster;
  await client.connect();
  const submit = async (prompt: string, model: string, timeoutMs: number) => {
    const at = performance.now();
    return expired(await client.enqueue({ prompt: `[[${prompt}]]`, model, timeoutMs }), at, timeoutMs);
  };
  const ended = await Promise.all([
    submit("active", "busy", 2_500),
    simulator.waitForCall(({ marker }) => marker === "active").then(() => submit("waiting", "busy", 800)),
    // Tried at 0, 0.25 and 0.75 s, and then not before 1.75 s.
    submit("delayed", "failing", 1_200),
    submit("parked", "held", 1_200),
  ]);
  expectPrompt(ended);
  expect(ended.map(({ message }) => /(active|waiting|delayed) at|during the call/.exec(message)?.[0])).toEqual([
    expect.stringMatching(/active at|during the call/),
    "waiting at",
    "delayed at",
    "waiting at",
  ]);
  await simulator.waitForCall(({ marker, outcome }) => marker === "active" && outcome === "aborted");
  expect(simulator.calls().filter(({ marker }) => marker === "waiting")).toEqual([]);
  expect(simulator.calls().filter(({ marker }) => marker === "parked")).toHaveLength(1);
  await eventually(async () => expect((await client.getModelStatus()).map(({ queueDepth }) => queueDepth)).toEqual([0, 0, 0]));
});

redisTest("the same without any worker process: the clients see to it", async ({ redis }) => {
  await using simulator = await startSimulator({ latencyMs: 3_600_000 });
  await using cluster = await startCluster({
    redis,
    config: { models: { m: { provider: "ollama", model: "m", baseUrl: simulator.url, concurrency: 1 } } },
  });
  const { client } = cluster;
  await client.connect();
  const timeoutMs = 1_800;
  const submittedAt = performance.now();
  const jobs = [await client.enqueue({ prompt: "[[active]]", timeoutMs }), await client.enqueue({ prompt: "[[waiting]]", timeoutMs })];
  await simulator.waitForCall(({ marker }) => marker === "active");
  await cluster.workers[0]?.kill9();
  // Accepted while nobody knows yet that the worker is gone.
  jobs.push(await client.enqueue({ prompt: "[[late]]", timeoutMs }));
  const ended = await Promise.all(jobs.map((job) => expired(job, submittedAt, timeoutMs)));
  expectPrompt(ended);
  expect(ended.map(({ message }) => /(active|waiting) at/.exec(message)?.[0])).toEqual(["active at", "waiting at", "waiting at"]);
  expect(simulator.calls()).toHaveLength(1);
  expect(await redis.admin.zcard(createKeys(redis.namespace).deadlines)).toBe(0);
});
