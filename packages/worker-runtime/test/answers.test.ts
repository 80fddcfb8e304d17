import { readStream, readStatus } from "@llm-router/job-queue";
import { redisTest } from "@llm-router/testkit";
import { expect } from "vitest";
import { speaks, streams } from "./support/backends.ts";
import { resultOf, TestClient } from "./support/test-client.ts";
import { startTestWorker } from "./support/test-worker.ts";

redisTest("an answer arrives as one outcome that says where it came from", async ({ redis }) => {
  await using client = await TestClient.connect(redis);
  await using worker = await startTestWorker(redis, { backends: { tiny: speaks("Hel", "lo") } });
  const job = await client.submit({ models: ["tiny"] });
  const result = resultOf(await job.outcome);
  expect(result).toMatchObject({
    id: job.id,
    content: "Hello",
    modelUsed: "tiny",
    success: true,
    usage: { promptTokens: 3, completionTokens: 2, totalTokens: 5 },
    finishReason: "stop",
    attempts: [{ model: "tiny", outcome: "completed", breaker: "closed" }],
    skipped: [],
    cached: false,
    coalesced: false,
  });
  expect(result.latencyMs).toBeGreaterThanOrEqual(result.waitMs);
  expect(worker.counters()).toMatchObject({ runs: 1, completed: 1, promptTokens: 3, completionTokens: 2 });
});
