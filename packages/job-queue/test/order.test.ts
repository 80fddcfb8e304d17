import { redisTest } from "@llm-router/testkit";
import { describe, expect } from "vitest";
import { openQueues, type QueueFixture, toCandidates } from "./queue-fixture.ts";

/** Takes and finishes jobs one by one until there is none, or `count` are done. */
async function drain(queues: QueueFixture, model: string, count = Number.POSITIVE_INFINITY): Promise<string[]> {
  const ids: string[] = [];
  let { run } = await queues.fetch(model);
  while (run) {
    ids.push(run.id);
    const { grant } = await queues.finish(run, {}, { fetchNext: ids.length < count });
    run = grant.run;
  }
  return ids;
}

const ofClass = (classRank: number) => ({ classRank, priority: classRank * 1_000 + 500 });

redisTest("1,000 waiting jobs of four classes are fetched class by class, first come first in each", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a");
  const ids = Array.from({ length: 1_000 }, (_, i) => ({ classRank: (i * 7 + (i >> 3)) % 4, id: `j${i}` }));
  // In order over one connection: acceptance is the order of the list.
  await Promise.all(ids.map(({ id, classRank }) => queues.place(id, ofClass(classRank))));
  const expected = ids.toSorted((a, b) => a.classRank - b.classRank).map(({ id }) => id);
  expect(await drain(queues, "a")).toEqual(expected);
});

redisTest("inside a class the caller's number goes first, then acceptance", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a");
  const numbers = [2_999, 2_000, 2_500, 2_000, 1_999, 2_001, 3_000, 1];
  for (const [i, priority] of numbers.entries())
    await queues.place(`p${priority}-${i}`, { classRank: Math.floor(priority / 1_000), priority });
  expect(await drain(queues, "a")).toEqual(["p1-7", "p1999-4", "p2000-1", "p2000-3", "p2001-5", "p2500-2", "p2999-0", "p3000-6"]);
});

redisTest(
  "a LOW job past its maxWaitMs goes before HIGH and NORMAL, the longest overdue first, and never before CRITICAL",
  async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a");
    await queues.place("low-fresh", { ...ofClass(3), maxWaitMs: 60_000 });
    await queues.place("low-overdue", { ...ofClass(3), maxWaitMs: 2 });
    await queues.place("normal-longer-overdue", { ...ofClass(2), maxWaitMs: 1 });
    await queues.place("high", { ...ofClass(1), maxWaitMs: 60_000 });
    await queues.place("critical-1", { ...ofClass(0), maxWaitMs: 0 });
    await queues.place("critical-2", { ...ofClass(0), maxWaitMs: 0 });
    const due = Number((await queues.admin.zscore(`${queues.keys.queue("a")}:due`, "low-overdue")) ?? Number.NaN);
    const longer = Number((await queues.admin.zscore(`${queues.keys.queue("a")}:due`, "normal-longer-overdue")) ?? Number.NaN);
    while ((await queues.now()) <= Math.max(due, longer));
    const overdue = [
      { id: "low-overdue", due },
      { id: "normal-longer-overdue", due: longer },
    ].toSorted((a, b) => a.due - b.due || (a.id < b.id ? -1 : 1));
    expect(await drain(queues, "a")).toEqual(["critical-1", "critical-2", ...overdue.map(({ id }) => id), "high", "low-fresh"]);
  },
);

async function threeWaiting(queues: QueueFixture): Promise<void> {
  await queues.model("a");
  await queues.model("b");
  for (const id of ["first", "second", "third"]) await queues.place(id, { candidates: toCandidates(["a", "b"]) });
}

describe("a job returns to its own place", () => {
  redisTest("when its worker hands it back", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await threeWaiting(queues);
    const run = await queues.take("a");
    await queues.place("critical", { ...ofClass(0), candidates: toCandidates(["a"]) });
    expect((await queues.finish(run, { mode: "release" })).status).toBe("returned");
    expect(await drain(queues, "a")).toEqual(["critical", "first", "second", "third"]);
  });

  redisTest("when its worker died", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await threeWaiting(queues);
    await queues.take("a");
    await queues.place("critical", { ...ofClass(0), candidates: toCandidates(["a"]) });
    expect(await queues.loseWorkers("a")).toEqual(["a", "first"]);
    expect(await drain(queues, "a")).toEqual(["critical", "first", "second", "third"]);
  });

  redisTest("when it is tried again after a delay", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a");
    for (const id of ["first", "second", "third"]) await queues.place(id);
    expect((await queues.finish(await queues.take("a"), { mode: "move", breaker: "fail" })).status).toBe("delayed");
    // Its time comes.
    await queues.admin.zadd(`${queues.keys.queue("a")}:delayed`, "XX", 4_096, "first");
    expect(await drain(queues, "a")).toEqual(["first", "second", "third"]);
  });

  redisTest("when it moves to another queue, among the jobs that wait there", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a");
    await queues.model("b");
    await queues.place("b1", { candidates: toCandidates(["b"]) });
    await queues.place("moving", { candidates: toCandidates(["a", "b"]) });
    await queues.place("b2", { candidates: toCandidates(["b"]) });
    await queues.place("b0", { ...ofClass(1), candidates: toCandidates(["b"]) });
    expect((await queues.finish(await queues.take("a"), { mode: "move", breaker: "fail" })).status).toBe("moved");
    expect(await drain(queues, "b")).toEqual(["b0", "b1", "moving", "b2"]);
  });

  redisTest("when something puts it on BullMQ's plain list", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await threeWaiting(queues);
    await queues.take("a");
    const queue = queues.keys.queue("a");
    // What the stock stalled check does.
    await queues.admin.multi().lrem(`${queue}:active`, 1, "first").del(`${queue}:first:lock`).rpush(`${queue}:wait`, "first").exec();
    await queues.place("critical", { ...ofClass(0), candidates: toCandidates(["a"]) });
    expect(await drain(queues, "a")).toEqual(["critical", "first", "second", "third"]);
  });
});
