import { type Attempt, type FailureKind, failureTable } from "@llm-router/contracts";
import { readHistory } from "@llm-router/job-queue";
import { redisTest } from "@llm-router/testkit";
import { describe, expect } from "vitest";
import { fails, speaks } from "./support/backends.ts";
import { errorOf, resultOf, TestClient } from "./support/test-client.ts";
import { startTestWorker } from "./support/test-worker.ts";

const kinds = (Object.keys(failureTable) as FailureKind[]).filter((kind) => kind !== "aborted");

describe.for(kinds)("a call that ends as %s", (kind) => {
  const { countsForBreaker, then, code } = failureTable[kind];

  redisTest("counts and goes on as the table says", async ({ redis }) => {
    await using client = await TestClient.connect(redis);
    await using worker = await startTestWorker(redis, { backends: { bad: fails(kind, { retryAfterMs: 30_000 }), good: speaks("fine") } });
    const job = await client.submit({ models: ["bad", "good"] });
    const outcome = await job.outcome;
    const attempt = { model: "bad", outcome: kind, errorCode: code, message: `it is ${kind}`, breaker: "closed" };
    if (then === "fail") {
      expect(outcome).toMatchObject({ state: "failed", error: { code, message: `it is ${kind}`, model: "bad" }, attempts: [attempt] });
    } else {
      expect(resultOf(outcome)).toMatchObject({
        content: "fine",
        modelUsed: "good",
        attempts: [attempt, { model: "good", outcome: "completed" }],
      });
    }
    expect(await redis.admin.hget(client.context.keys.model("bad"), "bc")).toBe(countsForBreaker ? "1" : null);
    expect(worker.counters().failed).toEqual({ [kind]: 1 });
  });
});

redisTest("a rate limit without another candidate is waited out, and the call made again", async ({ redis }) => {
  let calls = 0;
  const limited = {
    generate: async () => {
      calls += 1;
      if (calls === 1)
        throw Object.assign(new Error("slow down"), {
          name: "BackendError",
          kind: "rate-limited",
          code: "PROVIDER_RATE_LIMITED",
          retryAfterMs: 300,
        });
      return { content: "after the wait" };
    },
  };
  await using client = await TestClient.connect(redis);
  await using _worker = await startTestWorker(redis, { backends: { only: limited } });
  const job = await client.submit({ models: ["only"] });
  const result = resultOf(await job.outcome);
  expect(result).toMatchObject({ content: "after the wait", attempts: [{ outcome: "rate-limited" }, { outcome: "completed" }] });
  expect(result.latencyMs).toBeGreaterThanOrEqual(290);
  expect((await readHistory(client.context, job.id))?.map(({ type }) => type)).toEqual([
    "queued",
    "started",
    "parked",
    "started",
    "completed",
  ]);
});

redisTest("when every candidate says that it cannot serve the request, there is one outcome with every attempt", async ({ redis }) => {
  await using client = await TestClient.connect(redis);
  await using _worker = await startTestWorker(redis, { backends: { a: fails("unsupported"), b: fails("unsupported") } });
  const outcome = await (await client.submit({ models: ["a", "b"] })).outcome;
  expect(errorOf(outcome).code).toBe("ATTEMPTS_EXHAUSTED");
  expect((outcome as { attempts: Attempt[] }).attempts.map(({ model, outcome: how }) => `${model} ${how}`)).toEqual([
    "a unsupported",
    "b unsupported",
  ]);
});

redisTest("after maxAttempts failed calls there is one outcome", async ({ redis }) => {
  await using client = await TestClient.connect(redis);
  await using worker = await startTestWorker(redis, { backends: { a: fails("timeout"), b: fails("unreachable") } });
  const outcome = await (await client.submit({ models: ["a", "b"], maxAttempts: 3 })).outcome;
  expect(errorOf(outcome)).toMatchObject({ code: "ATTEMPTS_EXHAUSTED" });
  expect((outcome as { attempts: Attempt[] }).attempts).toHaveLength(3);
  expect(worker.counters().failed).toEqual({ timeout: 2, unreachable: 1 });
});

redisTest.for([
  ["throws", () => Promise.reject(new Error("the GPU is on fire"))],
  ["answers success: false", async () => ({ content: "", success: false, error: "the GPU is on fire" })],
] as const)("a custom backend that %s counts as a failing server", async ([, generate], { redis }) => {
  await using client = await TestClient.connect(redis);
  await using _worker = await startTestWorker(redis, { backends: { own: { generate }, good: speaks("fine") } });
  const result = resultOf(await (await client.submit({ models: ["own", "good"] })).outcome);
  expect(result.attempts[0]).toMatchObject({ model: "own", outcome: "server-error", errorCode: "MODEL_ERROR" });
  expect(result.attempts[0]?.message).toContain("the GPU is on fire");
  expect(await redis.admin.hget(client.context.keys.model("own"), "bc")).toBe("1");
});
