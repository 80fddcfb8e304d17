import { Client } from "@llm-router/client";
import { redisTest, spawnNode } from "@llm-router/testkit";
import { expect } from "vitest";
import { expectOneAnswer, readDeltas } from "./read-deltas.ts";

redisTest("a worker whose event loop stood still for longer than its locks: the same, and its runs are aborted", async ({ redis }) => {
  const env = { REDIS_URL: redis.url, LLMR_NAMESPACE: redis.namespace };
  const script = new URL("processes/blocking-worker.ts", import.meta.url);
  await using stalled = spawnNode(script, { env, args: ["stalled", "9500"] });
  await stalled.waitForLine(/serving/);
  await using client = new Client({ redis: redis.url, namespace: redis.namespace });
  const jobs = [await client.enqueue({ prompt: "one" }), await client.enqueue({ prompt: "two" })];
  const reading = jobs.map(readDeltas);
  await stalled.waitForLine(/^blocking/);
  await using other = spawnNode(script, { env, args: ["other"] });
  await stalled.waitForLine(/unblocked/, 20_000);
  await stalled.waitForLine(/^aborted one/, 5_000);
  await stalled.waitForLine(/^aborted two/, 5_000);
  const results = await Promise.all(jobs.map((job) => job.result()));
  expect(results.map(({ content }) => content)).toEqual(["other one", "other two"]);
  for (const [n, deltas] of (await Promise.all(reading)).entries()) expectOneAnswer(deltas, results[n]?.content ?? "");
  for (const { attempts } of results) expect(attempts.map(({ outcome }) => outcome)).toEqual(["worker-lost", "completed"]);
  expect([...stalled.stdout(), ...other.stdout()].filter((line) => line.startsWith("called"))).toHaveLength(4);
  expect(await client.getStats()).toMatchObject({ accepted: 2, totalRequests: 2, successes: 2, recovered: 2 });
});
