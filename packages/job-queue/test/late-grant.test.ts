import { redisTest, spawnNode, startTestRedis } from "@llm-router/testkit";
import { expect, test } from "vitest";
import type { QueueContext, Run, RunAbort } from "../src/index.ts";
import { openQueues } from "./queue-fixture.ts";
import { completed, grantsJob, startWorker } from "./worker-fixture.ts";

redisTest("a grant whose answer came after somebody else had run the job is not run again", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a");
  const [granted, release] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let isFirst = true;
  const context: QueueContext = {
    ...queues.context,
    async run(name, args) {
      const reply = await queues.context.run(name, args);
      if (name === "fetch" && isFirst && grantsJob(reply, "x")) {
        isFirst = false;
        granted.resolve();
        await release.promise;
      }
      return reply;
    },
  };
  const ran: string[] = [];
  const answered = Promise.withResolvers<void>();
  await using late = await startWorker(redis, {
    model: "a",
    context,
    async process(run) {
      ran.push(`${run.id} ${run.epoch}`);
      if (run.id === "y") answered.resolve();
      return completed(run);
    },
  });
  await queues.place("x");
  await granted.promise;
  const grantedAt = await queues.now();
  await queues.loseWorkers("a");
  expect((await queues.finish(await queues.take("a"), {})).status).toBe("settled");
  while ((await queues.now()) < grantedAt + 100);
  release.resolve();
  await queues.place("y");
  await answered.promise;
  expect(ran).toEqual(["y 1"]);
  expect(late.errors).toEqual([]);
});

redisTest("a run that stood still before its call learns that somebody else has run its job", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a");
  const decided = Promise.withResolvers<unknown>();
  await using _late = await startWorker(redis, {
    model: "a",
    // So that it does not fetch the job again itself.
    concurrency: 1,
    async process(run, confirm) {
      await queues.loseWorkers("a");
      await queues.finish(await queues.take("a"), {});
      const stoodUntil = run.confirmedAt + 60;
      while (performance.now() < stoodUntil);
      const decision = await confirm();
      decided.resolve(decision);
      return decision ?? completed(run);
    },
  });
  await queues.place("x");
  expect(await decided.promise).toMatchObject({ mode: "drop", note: "lost" });
});

redisTest("a grant whose answer was late, and that is still ours, is run", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a");
  const context: QueueContext = {
    ...queues.context,
    async run(name, args) {
      const reply = await queues.context.run(name, args);
      const repliedAt = await queues.now();
      if (name === "fetch") while ((await queues.now()) < repliedAt + 100);
      return reply;
    },
  };
  const answered = Promise.withResolvers<number>();
  await using _late = await startWorker(redis, {
    model: "a",
    context,
    async process(run) {
      answered.resolve(run.epoch);
      return completed(run);
    },
  });
  await queues.place("x");
  expect(await answered.promise).toBe(1);
});

redisTest("a run whose lock cannot be renewed because Redis answers nothing is aborted before the lock expires", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a");
  const closing = Promise.withResolvers<never>();
  closing.promise.catch(() => undefined);
  const context: QueueContext = {
    ...queues.context,
    run: (name, args) => (name === "renew" ? closing.promise : queues.context.run(name, args)),
  };
  const stopped = Promise.withResolvers<RunAbort>();
  const startedAt = performance.now();
  await using _worker = await startWorker(redis, {
    model: "a",
    context,
    lockMs: 3_000,
    renewMs: 200,
    process: (run) =>
      new Promise((resolve) => {
        run.abort.signal.addEventListener("abort", () => {
          stopped.resolve(run.abort.signal.reason as RunAbort);
          resolve(completed(run));
        });
      }),
  });
  await queues.place("x");
  expect(await stopped.promise).toBe("lost");
  expect(performance.now() - startedAt).toBeLessThan(3 * 3_000);
  closing.reject(new Error("Connection is closed."));
});

redisTest("a worker that gets its own lost job again keeps the two runs apart", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a", { concurrency: 2 });
  const begun: Run[] = [];
  const finished: string[] = [];
  const firstAborted = Promise.withResolvers<void>();
  const second = Promise.withResolvers<void>();
  await using own = await startWorker(redis, {
    model: "a",
    process: (run) => {
      begun.push(run);
      if (begun.length === 2) second.resolve();
      return new Promise((resolve) => {
        run.abort.signal.addEventListener("abort", () => resolve({ mode: "drop", breaker: "none", runMs: 1, note: "lost" }));
        if (run.epoch === 2) void firstAborted.promise.then(() => resolve(completed(run)));
      });
    },
    onFinished: (_, { status }) => finished.push(status),
  });
  await queues.place("x");
  while (begun.length === 0) await queues.now();
  begun[0]?.abort.signal.addEventListener("abort", () => firstAborted.resolve());
  await queues.loseWorkers("a");
  await second.promise;
  while ((await queues.record("x"))["st"] !== "completed") await queues.now();
  while (own.worker.active > 0) await queues.now();
  expect(finished.toSorted()).toEqual(["settled", "stale"]);
  expect(own.errors).toEqual([]);
});

redisTest("a grant whose answer came after its model's breaker had opened is handed back without a call", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a", { concurrency: 2, breaker: { failureThreshold: 1 } });
  await queues.place("bad");
  const bad = await queues.take("a");
  const [granted, release] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const finished = Promise.withResolvers<string>();
  const context: QueueContext = {
    ...queues.context,
    async run(name, args) {
      const reply = await queues.context.run(name, args);
      if (name === "fetch" && grantsJob(reply, "x")) {
        granted.resolve();
        await release.promise;
      }
      return reply;
    },
  };
  const ran: string[] = [];
  await using _late = await startWorker(redis, {
    model: "a",
    context,
    async process(run) {
      ran.push(run.id);
      return completed(run);
    },
    onFinished: (_, { status }) => finished.resolve(status),
  });
  await queues.place("x");
  await granted.promise;
  const grantedAt = await queues.now();
  expect((await queues.finish(bad, { mode: "move", breaker: "fail" })).opened).toBe(true);
  while ((await queues.now()) < grantedAt + 100);
  release.resolve();
  expect(await finished.promise).toBe("returned");
  expect(ran).toEqual([]);
  expect(await queues.record("x")).toMatchObject({ st: "waiting" });
  expect(await queues.record("x")).not.toHaveProperty("att");
});

for (const state of ["away", "broken"]) {
  test(`a worker with a late grant in hand does not spin while Redis is ${state}: timers and signals get their turn`, async () => {
    await using redis = await startTestRedis();
    const args = [redis.url, redis.namespace, state];
    await using program = spawnNode(new URL("late-grant.fixture.ts", import.meta.url), { args });
    await program.waitForLine(/^granted/);
    if (state === "away") await redis.server.kill9();
    await program.waitForLine(/its timers run/, 20_000);
    expect(await program.exited).toEqual({ code: 0, signal: null });
  });
}
