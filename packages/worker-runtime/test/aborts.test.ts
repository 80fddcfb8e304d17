import { cancelRequest, readStatus } from "@llm-router/job-queue";
import { eventually, redisTest } from "@llm-router/testkit";
import { expect } from "vitest";
import { Gate } from "./support/backends.ts";
import { errorOf, resultOf, TestClient } from "./support/test-client.ts";
import { startTestWorker } from "./support/test-worker.ts";

redisTest("cancelling a request aborts its call within 200 ms and frees the slot", async ({ redis }) => {
  const gate = new Gate();
  await using client = await TestClient.connect(redis);
  await using worker = await startTestWorker(redis, {
    backends: { slow: gate.backend },
    config: { models: { slow: { provider: "test", model: "x", concurrency: 1 } } },
  });
  const job = await client.submit({ models: ["slow"] });
  await gate.arrived(1);
  const cancelledAt = performance.now();
  await cancelRequest(client.context, job.id);
  expect(errorOf(await job.outcome).code).toBe("CANCELLED");
  await eventually(() => expect(gate.calls[0]?.abortedAt).toBeDefined());
  // 200 ms, with room for a busy machine.
  expect((gate.calls[0]?.abortedAt ?? 0) - cancelledAt).toBeLessThan(600);
  await eventually(() => expect(worker.counters().aborted).toEqual({ cancelled: 1 }));
  gate.open();
  expect(resultOf(await (await client.submit({ models: ["slow"] })).outcome).content).toBe("let go");
  expect(gate.calls.map(({ id }) => id)).toHaveLength(2);
});

redisTest("a budget that ends during the call aborts it, and the outcome says where the request was", async ({ redis }) => {
  const gate = new Gate();
  await using client = await TestClient.connect(redis);
  await using _worker = await startTestWorker(redis, { backends: { slow: gate.backend } });
  const job = await client.submit({ models: ["slow"], timeoutMs: 150 });
  const outcome = await job.outcome;
  expect(outcome).toMatchObject({ state: "expired", error: { code: "DEADLINE_EXCEEDED", model: "slow" } });
  await eventually(() => expect(gate.calls[0]?.abortedAt).toBeDefined());
  expect(gate.calls).toHaveLength(1);
});

redisTest("a run whose lock is gone is aborted, and what it would say is void", async ({ redis }) => {
  const gate = new Gate();
  await using client = await TestClient.connect(redis);
  await using _worker = await startTestWorker(redis, { backends: { slow: gate.backend }, renewMs: 100, lockMs: 2_000 });
  const job = await client.submit({ models: ["slow"] });
  await gate.arrived(1);
  // As if another worker had been granted the request.
  await redis.admin.hincrby(client.context.keys.record(job.id), "ep", 1);
  await eventually(() => expect(gate.calls[0]?.abortedAt).toBeDefined());
  expect((await readStatus(client.context, job.id))?.outcome).toBeUndefined();
});

redisTest("closing waits for the runs under way", async ({ redis }) => {
  const gate = new Gate();
  await using client = await TestClient.connect(redis);
  await using worker = await startTestWorker(redis, { backends: { slow: gate.backend } });
  const job = await client.submit({ models: ["slow"] });
  await gate.arrived(1);
  const closed = worker.close();
  gate.open();
  expect(resultOf(await job.outcome).attempts).toHaveLength(1);
  await closed;
  await expect(client.submit({ models: ["slow"] })).rejects.toMatchObject({ code: "NO_WORKER" });
});

redisTest("what is not finished within the grace period goes back to its place, and the next worker answers it", async ({ redis }) => {
  const gate = new Gate();
  await using client = await TestClient.connect(redis);
  await using first = await startTestWorker(redis, { backends: { slow: gate.backend } });
  const jobs = await client.submitMany(3, { models: ["slow"] });
  await gate.arrived(3);
  await first.close({ graceMs: 50 });
  expect(gate.calls.every(({ abortedAt }) => abortedAt !== undefined)).toBe(true);
  for (const { id } of jobs) expect((await readStatus(client.context, id))?.state).toBe("waiting");
  gate.open();
  await using _second = await startTestWorker(redis, { backends: { slow: gate.backend } });
  for (const { outcome } of jobs)
    expect(resultOf(await outcome)).toMatchObject({ content: "let go", attempts: [{ outcome: "completed" }] });
});
