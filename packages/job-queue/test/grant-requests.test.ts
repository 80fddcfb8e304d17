import { setTimeout as delay } from "node:timers/promises";
import { redisTest } from "@llm-router/testkit";
import { expect } from "vitest";
import { isFresh } from "../src/confirm-grant.ts";
import { asList, type Decision, parseGrant, type QueueContext, Slots } from "../src/index.ts";
import { openQueues } from "./queue-fixture.ts";
import { completed, startWorker } from "./worker-fixture.ts";

const ids = (count: number) => Array.from({ length: count }, (_, i) => `j${i}`);

redisTest("one fetch gives a worker its share of what waits, in order, and no more than the model may run", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a", { concurrency: 9 });
  await queues.context.run("beat", ["w2", 60_000, "{}", "a"]);
  for (const id of ids(12)) await queues.place(id);
  const ask = async (token: string, count: number) => {
    const replies = (await queues.context.run("fetch", ["a", token, "llmr:w1", "w1", 6_000, count, 0])) as unknown[][];
    return replies.map(([, id, more]) => [id, more]);
  };
  expect(await ask("t1", 16)).toEqual([
    ["j0", 0],
    ["j1", 0],
    ["j2", 0],
    ["j3", 0],
    ["j4", 0],
    ["j5", 1],
  ]);
  expect(await ask("t2", 2)).toEqual([
    ["j6", 0],
    ["j7", 1],
  ]);
  expect(await ask("t3", 16)).toEqual([["j8", 0]]);
  expect(await ask("t4", 16)).toEqual([[0, 0]]);
  expect(await queues.admin.get(`${queues.keys.queue("a")}:j4:lock`)).toBe("t1/5");
});

redisTest("all that wait begin before the first of them ends, with one request for several", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a", { concurrency: 40 });
  for (const id of ids(40)) await queues.place(id);
  const asked: unknown[] = [];
  const context: QueueContext = {
    ...queues.context,
    run: (name, args) => {
      if (name === "fetch") asked.push(args[5]);
      return queues.context.run(name, args);
    },
  };
  const allBegan = Promise.withResolvers<void>();
  const allFinished = Promise.withResolvers<void>();
  let [began, finished] = [0, 0];
  await using _worker = await startWorker(redis, {
    model: "a",
    context,
    concurrency: 40,
    async process(run) {
      if (++began === 40) allBegan.resolve();
      await allBegan.promise;
      return completed(run);
    },
    onFinished: () => ++finished === 40 && allFinished.resolve(),
  });
  await allFinished.promise;
  expect(asked.length).toBeLessThan(12);
  expect(await queues.depth("a")).toBe(0);
});

redisTest("a process takes no more at once than it has slots for, and gives back what it did not use", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a", { concurrency: 40 });
  for (const id of ids(12)) await queues.place(id);
  const slots = new Slots(3);
  const finished = Promise.withResolvers<void>();
  let [running, most, ended] = [0, 0, 0];
  {
    await using _worker = await startWorker(redis, {
      model: "a",
      concurrency: 40,
      slots,
      async process(run) {
        most = Math.max(most, ++running);
        await queues.admin.ping();
        running -= 1;
        return completed(run);
      },
      onFinished: () => ++ended === 12 && finished.resolve(),
    });
    await finished.promise;
  }
  expect(most).toBe(3);
  expect([slots.tryTake(), slots.tryTake(), slots.tryTake(), slots.tryTake()]).toEqual([true, true, true, false]);
});

redisTest("a fetch whose reply was lost is asked again and gives the same jobs, which have their first run", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a", { concurrency: 10 });
  for (const id of ids(4)) await queues.place(id);
  let lost = 0;
  const context: QueueContext = {
    ...queues.context,
    async run(name, args) {
      const reply = await queues.context.run(name, args);
      if (name === "fetch" && lost++ === 0) throw new Error("Connection is closed.");
      return reply;
    },
  };
  const ran: string[] = [];
  let ended = 0;
  const finished = Promise.withResolvers<void>();
  await using worker = await startWorker(redis, {
    model: "a",
    context,
    async process(run): Promise<Decision> {
      ran.push(`${run.id} ${run.epoch}`);
      return completed(run);
    },
    onFinished: () => ++ended === 4 && finished.resolve(),
  });
  await finished.promise;
  expect(ran.toSorted()).toEqual(["j0 1", "j1 1", "j2 1", "j3 1"]);
  expect(worker.errors).toEqual([]);
});

redisTest("a grant that is told again is as old as it is, so that it is confirmed before a call", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a");
  await queues.place("x");
  const ask = async (isResend: 0 | 1) => {
    const askedAt = performance.now();
    const [grant] = asList(await queues.context.run("fetch", ["a", "t", "llmr:w1", "w1", 6_000, 1, isResend]));
    const { run } = parseGrant(asList(grant), "a", askedAt);
    if (!run) throw new Error("no run");
    return run;
  };
  expect(isFresh(await ask(0))).toBe(true);
  await delay(80);
  expect(isFresh(await ask(1))).toBe(false);
});

redisTest("what was granted and not yet taken up is answered when the worker closes", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a", { concurrency: 10 });
  for (const id of ids(8)) await queues.place(id);
  const began = Promise.withResolvers<void>();
  const ran: string[] = [];
  {
    await using started = await startWorker(redis, {
      model: "a",
      process: async (run) => {
        ran.push(run.id);
        began.resolve();
        // Closing begins while the loop has taken up one of those of its first fetch.
        void started.worker.close();
        return completed(run);
      },
    });
    await began.promise;
  }
  expect(ran.length).toBeGreaterThan(1);
  const states = await Promise.all(ids(8).map(async (id) => (await queues.record(id))["st"]));
  expect(states.filter((state) => state === "completed")).toHaveLength(ran.length);
  expect(states.filter((state) => state === "waiting")).toHaveLength(8 - ran.length);
});
