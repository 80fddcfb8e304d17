import { redisTest } from "@llm-router/testkit";
import { type ConnectionOptions, Queue, QueueEvents } from "bullmq";
import { describe, expect } from "vitest";
import { readStatus } from "../src/index.ts";
import { openQueues, type QueueFixture, toCandidates } from "./queue-fixture.ts";
import { completed, startWorker } from "./worker-fixture.ts";

function connection(queues: QueueFixture): { connection: ConnectionOptions; prefix: string } {
  const { hostname, port } = new URL(queues.url);
  return { connection: { host: hostname, port: Number(port) }, prefix: queues.keys.prefix };
}

/** BullMQ's own Queue on a model's queue. */
async function openStock(queues: QueueFixture): Promise<Queue & AsyncDisposable> {
  const queue = new Queue(queues.keys.queueName("a"), connection(queues));
  await queue.waitUntilReady();
  return Object.assign(queue, { [Symbol.asyncDispose]: () => queue.close() });
}

redisTest("stock getters read our queues: counts, states, jobs, results and reasons", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a", { concurrency: 10, breaker: { enabled: false } });
  await using stock = await openStock(queues);
  for (const id of ["done", "broken", "retried", "running", "waits"]) await queues.place(`r.${id}`);
  await queues.finish(await queues.take("a"), { note: '{"id":"r.done","model":"a"}' });
  await queues.finish(await queues.take("a"), { mode: "fail", json: '{"state":"failed"}', note: "PROVIDER_REJECTED: no" });
  await queues.finish(await queues.take("a"), { mode: "move", breaker: "fail" });
  await queues.take("a");
  expect(await stock.getJobCounts()).toMatchObject({
    active: 1,
    completed: 1,
    failed: 1,
    delayed: 1,
    prioritized: 1,
    waiting: 0,
  });
  const states = ["done", "broken", "retried", "running", "waits"].map(async (id) => (await stock.getJob(`r.${id}`))?.getState());
  expect(await Promise.all(states)).toEqual(["completed", "failed", "delayed", "active", "prioritized"]);
  const byState = await Promise.all(
    (["completed", "failed", "delayed", "active", "prioritized"] as const).map((state) => stock.getJobs([state])),
  );
  expect(byState.map((jobs) => jobs.map((job) => job.id))).toEqual([["r.done"], ["r.broken"], ["r.retried"], ["r.running"], ["r.waits"]]);
  // The answer is in the record, the prompt is kept for what failed only.
  expect(await stock.getJob("r.done")).toMatchObject({
    name: "generate",
    data: {},
    returnvalue: { id: "r.done", model: "a" },
    attemptsMade: 1,
  });
  expect(await stock.getJob("r.broken")).toMatchObject({ data: { request: { prompt: "hi" } }, failedReason: "PROVIDER_REJECTED: no" });
  const waiting = await stock.getJob("r.waits");
  expect(waiting).toMatchObject({ data: { request: { prompt: "hi" } }, priority: 2_500 });
  expect(Math.abs((waiting?.timestamp ?? 0) - (await queues.now()))).toBeLessThan(10_000);
});

redisTest("stock QueueEvents hear waiting, active, completed and failed", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a", { concurrency: 1 });
  const events = new QueueEvents(queues.keys.queueName("a"), { ...connection(queues), lastEventId: "0-0" });
  const heard: string[] = [];
  const ended = new Promise<void>((resolve) => {
    events.on("waiting", ({ jobId }) => heard.push(`waiting ${jobId}`));
    events.on("active", ({ jobId, prev }) => heard.push(`active ${jobId} ${prev}`));
    events.on("completed", ({ jobId, returnvalue }) => heard.push(`completed ${jobId} ${JSON.stringify(returnvalue)}`));
    events.on("failed", ({ jobId, failedReason }) => {
      heard.push(`failed ${jobId} ${failedReason}`);
      resolve();
    });
  });
  await events.waitUntilReady();
  await queues.place("r.x");
  await queues.place("r.y");
  const { grant } = await queues.finish(await queues.take("a"), { note: '{"id":"r.x"}' }, { fetchNext: true });
  if (grant.run) await queues.finish(grant.run, { mode: "fail", json: "{}", note: "NO: because" });
  await ended;
  await events.close();
  expect(heard).toEqual([
    "waiting r.x",
    "waiting r.y",
    "active r.x waiting",
    'completed r.x {"id":"r.x"}',
    "active r.y waiting",
    "failed r.y NO: because",
  ]);
});

describe("what others put into our queues, or take out", () => {
  redisTest("stray jobs of every kind are dropped, and ours go on", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a");
    await using stock = await openStock(queues);
    await stock.add("stray", { data: 1 });
    await stock.add("stray", { data: 2 }, { priority: 1 });
    await stock.add("stray", { data: 3 }, { delay: 1 });
    await stock.add("stray", { data: 4 }, { lifo: true, jobId: "stray-id" });
    await queues.place("r.x");
    const delayed = `${queues.keys.queue("a")}:delayed`;
    for (const id of await queues.admin.zrange(delayed, 0, "-1")) await queues.admin.zadd(delayed, "XX", 1, id);
    const run = await queues.take("a");
    expect(run.id).toBe("r.x");
    await queues.finish(run, {}, { fetchNext: true });
    expect(await queues.depth("a")).toBe(0);
    expect(await queues.admin.keys(`${queues.keys.queue("a")}:[0-9s]*`)).toEqual([]);
  });

  redisTest("a worker answers while strays come in", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a", { concurrency: 2 });
    await using stock = await openStock(queues);
    await using started = await startWorker(redis, { model: "a", process: async (run) => completed(run) });
    for (let i = 0; i < 10; i++) {
      await stock.add("stray", {}, i % 2 ? { priority: 1 } : {});
      await queues.place(`r.${i}`);
    }
    await expect.poll(async () => (await queues.stats())["completed"]).toBe("10");
    expect(started.errors).toEqual([]);
  });

  redisTest(
    "a waiting job that was removed with BullMQ's remove ends as JOB_VANISHED when its turn would have come, and leaves nothing",
    async ({ redis }) => {
      await using queues = await openQueues(redis);
      await queues.model("a");
      await using stock = await openStock(queues);
      const both = { candidates: toCandidates(["a", "b"]) };
      await queues.place("r.overdue", { ...both, maxWaitMs: 1 });
      await queues.place("r.removed", both);
      await queues.place("r.stays", both);
      for (const id of ["r.overdue", "r.removed"]) await (await stock.getJob(id))?.remove();
      await queues.admin.zadd(`${queues.keys.queue("a")}:due`, "XX", 1, "r.overdue");
      expect((await queues.take("a")).id).toBe("r.stays");
      expect((await readStatus(queues.context, "r.overdue"))?.outcome).toMatchObject({ state: "failed", error: { code: "JOB_VANISHED" } });
      await queues.context.run("cancel", ["r.removed", "no"]);
      expect(await queues.admin.exists(`${queues.keys.queue("a")}:due`, `${queues.keys.prefix}:pk:a`)).toBe(0);
    },
  );
});

redisTest("pause() holds a model, for the dispatcher too, and resume() lets it go on", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a");
  await queues.model("b");
  await using stock = await openStock(queues);
  await queues.place("r.x");
  await stock.pause();
  expect(await queues.fetch("a")).not.toHaveProperty("run");
  expect(await queues.place("r.y")).toMatchObject({ code: "ALL_MODELS_UNAVAILABLE", skipped: [{ model: "a", reason: "paused" }] });
  expect(await queues.place("r.z", { candidates: toCandidates(["a", "b"]) })).toMatchObject({ kind: "placed", model: "b" });
  await using _started = await startWorker(redis, { model: "a", process: async (run) => completed(run) });
  expect(await queues.stats()).not.toHaveProperty("completed");
  await stock.resume();
  await expect.poll(async () => (await queues.stats())["completed"]).toBe("1");
  expect((await queues.place("r.y")).kind).toBe("placed");
});
