import { redisTest } from "@llm-router/testkit";
import { expect } from "vitest";
import { readHistory, readStatus } from "../src/index.ts";
import { openQueues, type QueueFixture, toCandidates } from "./queue-fixture.ts";

const urgent = { classRank: 1, priority: 1500, maxWaitMs: 60_000, displace: "move" as const };
const low = { classRank: 3, priority: 3500, maxWaitMs: 1_800_000 };

/** A full queue `a` (bound 4) with work of three classes, and an empty one, `b`. */
async function fullQueue(queues: QueueFixture): Promise<void> {
  await queues.model("a", { maxQueueDepth: 4, classShare: { critical: 100, high: 100, normal: 100, low: 100 } });
  await queues.model("b", { maxQueueDepth: 4 });
  const candidates = toCandidates(["a", "b"]);
  await queues.place("normal", { candidates });
  await queues.place("low-old", { ...low, candidates });
  await queues.place("low-new", { ...low, candidates });
  await queues.place("low-bound-here", { ...low, candidates: toCandidates(["a"]) });
}

redisTest("a HIGH request that finds its queue full takes the place of the newest LOW job that can go elsewhere", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await fullQueue(queues);
  expect(await queues.place("urgent", urgent)).toMatchObject({ kind: "placed", model: "a", depth: 4 });
  expect(await readStatus(queues.context, "low-new")).toMatchObject({ state: "waiting", model: "b" });
  expect(await queues.depth("a")).toBe(4);
  expect((await readHistory(queues.context, "low-new"))?.at(-1)).toMatchObject({
    type: "moved",
    model: "b",
    detail: { from: "a", reason: "displaced" },
  });
  // Then the other LOW one, then the NORMAL one; what cannot go elsewhere stays, and then there is nothing more to displace.
  expect(await queues.place("urgent2", urgent)).toMatchObject({ kind: "placed", model: "a" });
  expect((await readStatus(queues.context, "low-old"))?.model).toBe("b");
  expect(await queues.place("urgent3", urgent)).toMatchObject({ kind: "placed", model: "a" });
  expect((await readStatus(queues.context, "normal"))?.model).toBe("b");
  expect(await queues.place("urgent4", urgent)).toMatchObject({ kind: "refused", code: "QUEUE_FULL" });
  expect(await queues.depth("a")).toBe(4);
});

redisTest("with `fail` the displaced job ends as DISPLACED, with `off` nothing is displaced", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await fullQueue(queues);
  expect(await queues.place("refused", { ...urgent, displace: "off" })).toMatchObject({ kind: "refused", code: "QUEUE_FULL" });
  expect(await queues.place("urgent", { ...urgent, displace: "fail" })).toMatchObject({ kind: "placed", model: "a" });
  expect((await readStatus(queues.context, "low-bound-here"))?.outcome).toMatchObject({
    state: "failed",
    error: { code: "DISPLACED", model: "a" },
  });
  expect(await queues.depth("a")).toBe(4);
});

redisTest("a job that was started, or waits too long already, is never displaced", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a", { maxQueueDepth: 2, classShare: { critical: 100, high: 100, normal: 100, low: 100 } });
  await queues.model("b");
  const candidates = toCandidates(["a", "b"]);
  await queues.place("started", { ...low, candidates });
  await queues.finish(await queues.take("a"), { mode: "release" });
  await queues.place("overdue", { ...low, candidates, maxWaitMs: 1 });
  const overdueAt = Number((await queues.record("overdue"))["at"]) + 1;
  while ((await queues.now()) <= overdueAt);
  expect(await queues.place("urgent", urgent)).toMatchObject({ kind: "refused", code: "QUEUE_FULL" });
});

redisTest("nothing is displaced past parked work of the same or a higher class", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a");
  await queues.model("b", { maxQueueDepth: 2 });
  await queues.model("c");
  await queues.place("parked", { ...urgent, candidates: toCandidates(["a", "b"]) });
  await queues.place("low", { ...low, candidates: toCandidates(["b", "c"]) });
  await queues.admin.hset(queues.keys.model("a"), { bs: "open", bo: await queues.now(), be: 1 });
  await queues.admin.sadd(`${queues.keys.prefix}:blocked`, "a");
  expect(await queues.place("urgent", { ...urgent, candidates: toCandidates(["b"]) })).toMatchObject({
    code: "QUEUE_FULL",
    skipped: [{ model: "b", reason: "behind 1 parked jobs" }],
  });
  expect(await readStatus(queues.context, "low")).toMatchObject({ model: "b" });
  const critical = { ...urgent, classRank: 0, priority: 500 };
  expect(await queues.place("critical", { ...critical, candidates: toCandidates(["b"]) })).toMatchObject({ kind: "placed", model: "b" });
});
