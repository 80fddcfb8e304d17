import { eventually, redisTest } from "@llm-router/testkit";
import { describe, expect } from "vitest";
import { Maintenance, readHistory, readStatus, type RecordPlan, type Run } from "../src/index.ts";
import { keyspace, openQueues, type QueueFixture, toCandidates } from "./queue-fixture.ts";
import { completed, startWorker } from "./worker-fixture.ts";

const both = { candidates: toCandidates(["a", "b"]) };
const ofClass = (classRank: number) => ({ classRank, priority: classRank * 1_000 + 500 });

async function open(queues: QueueFixture, model: string, recovered = false): Promise<void> {
  await queues.admin.hset(queues.keys.model(model), { bs: "open", bo: recovered ? 0 : await queues.now(), be: 1, bk: 0 });
  await queues.admin.sadd(`${queues.keys.prefix}:blocked`, model);
}

/** Lets the maintenance of a process move once, until `check` holds. */
async function moveUntil(queues: QueueFixture, check: () => Promise<void>): Promise<void> {
  const errors: Error[] = [];
  const maintenance = new Maintenance({ context: queues.context, owner: "w1", onError: (error) => errors.push(error) });
  maintenance.move();
  await eventually(check);
  await maintenance.close();
  expect(errors).toEqual([]);
}

const die = async (run: Run) =>
  ({
    mode: "move",
    breaker: "fail",
    json: JSON.stringify({ model: run.model, waitMs: 0, runMs: 1, outcome: "unreachable", breaker: run.breaker }),
    runMs: 1,
    note: "boom",
  }) as const;

redisTest("300 waiting jobs of a model that died are all answered by a fallback of depth 5, which is never deeper", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a", { concurrency: 4, breaker: { failureThreshold: 3 } });
  await queues.model("b", { concurrency: 2, maxQueueDepth: 5, classShare: { normal: 100, low: 100 } });
  await Promise.all(Array.from({ length: 300 }, (_, i) => queues.place(`j${i}`, { ...both, ...ofClass(i % 4) })));
  expect(await queues.depth("a")).toBe(300);
  const errors: Error[] = [];
  const maintenance = new Maintenance({ context: queues.context, owner: "w1", onError: (error) => errors.push(error) });
  let deepest = 0;
  const ranks: number[] = [];
  const onFinished = (_: string, { blockedModels }: { blockedModels: number }) => {
    if (blockedModels > 0) maintenance.move();
  };
  const answer = async (run: Run) => {
    deepest = Math.max(deepest, await queues.depth("b"));
    if (run.counted === 0) {
      const plan = JSON.parse((await queues.record(run.id))["p"] ?? "{}") as RecordPlan;
      ranks.push(Number(plan.cls));
    }
    return completed(run);
  };
  {
    await using _dead = await startWorker(redis, { model: "a", process: die, onFinished });
    await using _alive = await startWorker(redis, { model: "b", process: answer, onFinished });
    await eventually(async () => expect(await queues.stats()).toMatchObject({ completed: "300" }), { timeoutMs: 20_000 });
  }
  await maintenance.close();
  expect(errors).toEqual([]);
  expect(deepest).toBeLessThanOrEqual(5);
  // Moved in class order: of those that never reached the dead model, none goes long after a lower class began.
  const lastCritical = ranks.lastIndexOf(0);
  expect(ranks.slice(0, lastCritical).filter((rank) => rank > 0).length).toBeLessThanOrEqual(10);
  expect(await queues.stats()).toMatchObject({ "model:b": "300", "opened:a": "1" });
  const left = Object.keys(await keyspace(queues)).filter((key) => /:(due|delayed|prioritized|active)$|:lock$|^pk:|deadlines/.test(key));
  expect(left).toEqual([]);
});

describe("the mover", () => {
  redisTest("moves in class order, as far as the other candidate's bound and class shares go", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a");
    await queues.model("b", { maxQueueDepth: 4 });
    for (const [i, classRank] of [3, 2, 3, 0, 2, 1].entries()) await queues.place(`${classRank}-${i}`, { ...both, ...ofClass(classRank) });
    await open(queues, "a");
    expect(await queues.move("a")).toEqual([4, 6, 1]);
    const moved = await queues.admin.zrange(`${queues.keys.queue("b")}:prioritized`, 0, "-1");
    // 90 % of 4, rounded up, lets NORMAL fill all four.
    expect(moved).toEqual(["0-3", "1-5", "2-1", "2-4"]);
    expect(await queues.move("a")).toEqual([0, 2, 1]);
    expect((await readHistory(queues.context, "3-0"))?.map(({ type }) => type)).toEqual(["queued", "parked"]);
    expect(await readStatus(queues.context, "3-0")).toMatchObject({ state: "parked", model: "a", position: 1 });
    await queues.finish(await queues.take("b"), {});
    await queues.finish(await queues.take("b"), {});
    expect((await queues.move("a"))[0]).toBe(1);
    expect(await readStatus(queues.context, "3-0")).toMatchObject({ state: "waiting", model: "b" });
  });

  redisTest("lets no new request of the same or a lower class pass the parked ones", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a");
    await queues.model("b", { maxQueueDepth: 3, classShare: { normal: 100, low: 100 } });
    for (const id of ["p1", "p2", "p3", "p4"]) await queues.place(id, { ...both, ...ofClass(2) });
    await open(queues, "a");
    await queues.move("a");
    expect(await queues.place("new", { candidates: toCandidates(["b"]) })).toMatchObject({
      code: "QUEUE_FULL",
      skipped: [{ reason: "full 3/3" }],
    });
    await queues.finish(await queues.take("b"), {});
    const behind = { code: "QUEUE_FULL", skipped: [{ model: "b", reason: "behind 1 parked jobs" }] };
    expect(await queues.place("normal", { candidates: toCandidates(["b"]), ...ofClass(2) })).toMatchObject(behind);
    expect(await queues.place("low", { candidates: toCandidates(["b"]), ...ofClass(3) })).toMatchObject(behind);
    expect(await queues.place("high", { candidates: toCandidates(["b"]), ...ofClass(1) })).toMatchObject({ kind: "placed", model: "b" });
  });

  redisTest("does not count jobs as parked that cannot come here, and forgets those that left", async ({ redis }) => {
    await using queues = await openQueues(redis);
    for (const name of ["a", "b", "c"]) await queues.model(name, { maxQueueDepth: 2 });
    await queues.place("p1", { candidates: toCandidates(["a", "b"]) });
    await queues.place("p2", { candidates: toCandidates(["a", "b"]) });
    await open(queues, "a");
    expect((await queues.place("c1", { candidates: toCandidates(["c"]) })).kind).toBe("placed");
    expect(await queues.place("b1", { candidates: toCandidates(["b"]) })).toMatchObject({
      code: "QUEUE_FULL",
      skipped: [{ reason: "behind 2 parked jobs" }],
    });
    await queues.context.run("cancel", ["p1", "no"]);
    await queues.context.run("cancel", ["p2", "no"]);
    expect((await queues.place("b1", { candidates: toCandidates(["b"]) })).kind).toBe("placed");
    expect(await queues.admin.exists(`${queues.keys.prefix}:pk:a`)).toBe(0);
  });

  redisTest("leaves a half-open model as many jobs as it may probe with", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a", { breaker: { halfOpenProbes: 2 } });
    await queues.model("b");
    for (let i = 0; i < 5; i++) await queues.place(`j${i}`, both);
    await open(queues, "a", true);
    expect((await queues.move("a"))[0]).toBe(3);
    expect(await queues.depth("a")).toBe(2);
    expect((await queues.take("a")).breaker).toBe("half-open");
  });

  redisTest("takes delayed retries along, and leaves those that cannot move the delay that they have", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a", { concurrency: 2, breaker: { failureThreshold: 100 } });
    await queues.model("b", { maxQueueDepth: 1 });
    await queues.place("filler", { candidates: toCandidates(["b"]) });
    await queues.place("movable", both);
    await queues.place("alone", { candidates: toCandidates(["a"]) });
    for (const run of [await queues.take("a"), await queues.take("a")])
      expect((await queues.finish(run, { mode: "move", breaker: "fail" })).status).toBe("delayed");
    const delayed = `${queues.keys.queue("a")}:delayed`;
    const due = ((await queues.now()) + 8_000) * 4_096;
    await queues.admin.zadd(delayed, "XX", due, "movable", due, "alone");
    await open(queues, "a");
    expect((await queues.move("a"))[0]).toBe(0);
    expect(await queues.admin.zrange(delayed, 0, "-1", "WITHSCORES")).toEqual(["alone", String(due), "movable", String(due)]);
    await queues.finish(await queues.take("b"), {});
    expect((await queues.move("a"))[0]).toBe(1);
    expect(await readStatus(queues.context, "movable")).toMatchObject({ state: "waiting", model: "b" });
  });

  redisTest("takes the jobs of a model without a worker to one that has one", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a");
    await queues.model("b");
    await queues.place("x", both);
    await queues.context.run("beat", ["w1", 0, "{}", "a"]);
    await moveUntil(queues, async () => expect(await readStatus(queues.context, "x")).toMatchObject({ state: "waiting", model: "b" }));
  });

  redisTest("ends jobs that asked for it when every candidate is down", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a");
    await queues.model("b");
    await queues.place("holds", both);
    await queues.place("fails", { ...both, whenUnavailable: "fail" });
    await open(queues, "a");
    await open(queues, "b");
    await queues.move("a");
    expect((await readStatus(queues.context, "fails"))?.outcome).toMatchObject({
      state: "failed",
      error: { code: "ALL_MODELS_UNAVAILABLE" },
    });
    expect(await readStatus(queues.context, "holds")).toMatchObject({ state: "parked" });
  });

  redisTest("moves past jobs that cannot move, however many they are", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a");
    await queues.model("b");
    await Promise.all(Array.from({ length: 150 }, (_, i) => queues.place(`stays${i}`, ofClass(0))));
    await queues.place("moves", { ...both, ...ofClass(3) });
    await open(queues, "a");
    await moveUntil(queues, async () => expect(await readStatus(queues.context, "moves")).toMatchObject({ model: "b" }));
  });
});

redisTest("the counts of parked jobs return to nothing after everything has settled, whatever way it took", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a", { concurrency: 20, breaker: { failureThreshold: 1_000 } });
  await queues.model("b", { concurrency: 20, breaker: { failureThreshold: 1_000 } });
  const ids = Array.from({ length: 12 }, (_, i) => `j${i}`);
  for (const [i, id] of ids.entries()) await queues.place(id, { ...both, ...ofClass(i % 4), maxWaitMs: 1_000 });
  const ways = [
    { mode: "release" },
    { mode: "move", breaker: "fail" },
    { mode: "hold", holdMs: 0 },
    { mode: "drop" },
    { mode: "complete" },
  ] as const;
  for (const way of ways) await queues.finish(await queues.take("a"), way);
  await queues.admin.hset(queues.keys.model("a"), "hold", 0);
  await queues.take("a");
  await queues.loseWorkers("a");
  await queues.context.run("cancel", ["j11", "no"]);
  await open(queues, "a");
  await queues.move("a");
  await queues.admin.hset(queues.keys.model("a"), "bs", "closed");
  for (const model of ["a", "b"]) {
    for (let { run } = await queues.fetch(model); run; { run } = await queues.fetch(model)) await queues.finish(run, {});
  }
  expect(await queues.stats()).toMatchObject({ completed: "11", cancelled: "1" });
  const left = Object.keys(await keyspace(queues)).filter((key) => /:(due|delayed|prioritized|active)$|:lock$|^pk:|deadlines/.test(key));
  expect(left).toEqual([]);
});
