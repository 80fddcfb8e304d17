import { redisTest } from "@llm-router/testkit";
import { describe, expect } from "vitest";
import { attachRequest, type DispatchReply } from "../src/index.ts";
import { keyspace, openQueues, success, toCandidates } from "./queue-fixture.ts";

const code = (reply: DispatchReply) => (reply.kind === "refused" ? reply.code : reply.kind);

describe("bounds", () => {
  redisTest("each class fills its own share of the bound, rounded up", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a", { maxQueueDepth: 11 });
    const fill = async (classRank: number, name: string) => {
      let placed = 0;
      while ((await queues.place(`${name}-${placed}`, { classRank, priority: classRank * 1_000 + 500 })).kind === "placed") placed += 1;
      return placed;
    };
    // 75 % of 11 is 8.25, 90 % is 9.9.
    expect([await fill(3, "low"), await fill(2, "normal"), await fill(1, "high"), await fill(0, "critical")]).toEqual([9, 1, 1, 0]);
  });

  redisTest("a share of the smallest bound is never nothing", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a", { maxQueueDepth: 1, classShare: { low: 1 } });
    expect((await queues.place("x", { classRank: 3, priority: 3_500 })).kind).toBe("placed");
    expect(await queues.place("y", { classRank: 0, priority: 500 })).toMatchObject({
      kind: "refused",
      code: "QUEUE_FULL",
      skipped: [{ model: "a", reason: "full 1/1" }],
    });
  });
});

describe("what is sent again", () => {
  redisTest("an id that is sent again is never placed twice, waiting, running or finished", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a");
    const replies = await Promise.all(Array.from({ length: 20 }, () => queues.place("x")));
    expect(replies.filter(({ kind }) => kind === "placed")).toHaveLength(1);
    expect(replies.filter(({ kind }) => kind === "open")).toHaveLength(19);
    const run = await queues.take("a");
    expect(await queues.place("x")).toMatchObject({ kind: "open", id: "x", state: "active", model: "a" });
    await queues.finish(run, {});
    expect(await queues.place("x")).toMatchObject({ kind: "settled", id: "x", outcome: JSON.parse(success("x")) as object });
    expect(await queues.depth("a")).toBe(0);
    expect(await queues.stats()).toMatchObject({ completed: "1" });
  });

  redisTest("a repeated idempotency key attaches its client to the run in flight and gets its answer afterwards", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a");
    const keyed = { idempotencyKey: "order-1", tenant: "acme" };
    expect((await queues.place("first", keyed)).kind).toBe("placed");
    expect(await queues.place("second", { ...keyed, clientId: "c2" })).toMatchObject({ kind: "open", id: "first", state: "waiting" });
    expect((await queues.record("first"))["w"]?.split(" ")).toEqual(["c1", "c2"]);
    expect((await queues.place("other-tenant", { ...keyed, tenant: "umbrella" })).kind).toBe("placed");
    await queues.finish(await queues.take("a"), {});
    expect(await queues.place("third", keyed)).toMatchObject({ kind: "settled", id: "first", outcome: { state: "completed" } });
  });

  redisTest("a key that was used for another body is refused, in flight and after success", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a");
    const keyed = { idempotencyKey: "order-1" };
    await queues.place("first", keyed);
    const other = { ...keyed, data: '{"request":{"prompt":"other"}}' };
    expect(code(await queues.place("second", other))).toBe("IDEMPOTENCY_KEY_REUSED");
    await queues.finish(await queues.take("a"), {});
    expect(code(await queues.place("third", other))).toBe("IDEMPOTENCY_KEY_REUSED");
  });

  redisTest("after a failed, cancelled or expired run the key runs again, also with another body", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a");
    const keyed = { idempotencyKey: "order-1" };
    await queues.place("run-1", keyed);
    await queues.finish(await queues.take("a"), { mode: "fail", json: '{"state":"failed"}' });
    expect(await queues.place("run-2", { ...keyed, data: '{"request":{"prompt":"another"}}' })).toMatchObject({
      kind: "placed",
      id: "run-2",
    });
    await queues.context.run("cancel", ["run-2", "no"]);
    expect(await queues.place("run-3", { ...keyed, timeoutMs: 1 })).toMatchObject({ kind: "placed", id: "run-3" });
    while ((await queues.reap()) === 0);
    expect(await queues.place("run-4", keyed)).toMatchObject({ kind: "placed", id: "run-4" });
  });

  redisTest("a client that attaches is told once, and one that comes too late gets the outcome at once", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a");
    await queues.place("x");
    expect(await attachRequest(queues.context, "x", "c2")).toMatchObject({ kind: "open", state: "waiting", model: "a" });
    await attachRequest(queues.context, "x", "c2");
    expect((await queues.record("x"))["w"]).toBe("c1 c2");
    await queues.finish(await queues.take("a"), {});
    expect(await attachRequest(queues.context, "x", "c3")).toMatchObject({ kind: "settled", outcome: { state: "completed" } });
    expect(await attachRequest(queues.context, "nobody", "c3")).toEqual({ kind: "unknown" });
  });
});

describe("the exact cache", () => {
  redisTest("answers from it only when its model is among the candidates", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a");
    await queues.model("b");
    const answer = { content: "4", modelUsed: "b", usage: { promptTokens: 1, completionTokens: 1, totalTokens: 2 }, finishReason: "stop" };
    await queues.context.run("cache-put", ["k1:b", JSON.stringify(answer), 60_000, 10]);
    expect((await queues.place("miss", { cacheKey: "k1", candidates: toCandidates(["a"]) })).kind).toBe("placed");
    expect(code(await queues.place("only", { cacheKey: "k1", cacheMode: "only", candidates: toCandidates(["a"]) }))).toBe("CACHE_MISS");
    expect((await queues.place("bypass", { cacheKey: "k1", cacheMode: "bypass", candidates: toCandidates(["b"]) })).kind).toBe("placed");
    expect((await queues.place("other", { cacheKey: "k2", candidates: toCandidates(["b"]) })).kind).toBe("placed");
    const hit = await queues.place("hit", { cacheKey: "k1", candidates: toCandidates(["a", "b"]) });
    expect(hit).toMatchObject({
      kind: "settled",
      outcome: { state: "completed", result: { id: "hit", content: "4", cached: "exact", attempts: [] } },
    });
    // Its record is like any other's, so that the answer is found again under its id.
    expect(await queues.place("hit", { cacheKey: "k1", candidates: toCandidates(["a"]) })).toEqual(hit);
    expect(await queues.stats()).toMatchObject({ cacheHits: "1", completed: "1" });
    expect(await queues.depth("a")).toBe(1);
    expect(await queues.admin.pttl(queues.keys.record("hit"))).toBeGreaterThan(0);
  });

  redisTest("keeps the most recently used entries", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a");
    for (const key of ["old", "new"]) await queues.context.run("cache-put", [`${key}:a`, '{"content":"x"}', 60_000, 10]);
    await queues.admin.zadd(`${queues.keys.prefix}:x`, 1, "old:a", 2, "new:a");
    expect((await queues.place("hit", { cacheKey: "old" })).kind).toBe("settled");
    expect(await queues.context.run("cache-put", ["third:a", '{"content":"x"}', 60_000, 2])).toBe(1);
    expect((await queues.place("kept", { cacheKey: "old" })).kind).toBe("settled");
    expect((await queues.place("gone", { cacheKey: "new" })).kind).toBe("placed");
  });
});

redisTest("a refusal leaves nothing behind but its count", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("full", { maxQueueDepth: 1 });
  await queues.model("open");
  await queues.model("idle", { alive: false });
  await queues.place("first", { candidates: toCandidates(["full"]), idempotencyKey: "used" });
  await queues.admin.hset(queues.keys.model("full"), "svc", 90_000);
  await queues.admin.hset(queues.keys.model("open"), { bs: "open", bo: await queues.now(), be: 1 });
  await queues.model("slow");
  await queues.place("ahead", { candidates: toCandidates(["slow"]) });
  await queues.admin.hset(queues.keys.model("slow"), "svc", 90_000);
  const before = await keyspace(queues);
  const extras = { streamed: true, idempotencyKey: "new", cacheKey: "k" };
  const codes = [
    code(await queues.place("x1", { ...extras, candidates: toCandidates(["idle", "open", "full"]) })),
    code(await queues.place("x2", { ...extras, candidates: toCandidates(["idle", "open"]) })),
    code(await queues.place("x3", { ...extras, candidates: toCandidates(["idle", "nobody"]) })),
    code(await queues.place("x4", { ...extras, candidates: toCandidates(["nobody"]) })),
    code(await queues.place("x5", { ...extras, candidates: toCandidates(["slow"]), timeoutMs: 1_000 })),
    code(await queues.place("x6", { ...extras, cacheMode: "only" })),
    code(await queues.place("x7", { ...extras, idempotencyKey: "used", data: '{"request":{"prompt":"another"}}' })),
  ];
  expect(codes).toEqual([
    "QUEUE_FULL",
    "ALL_MODELS_UNAVAILABLE",
    "NO_WORKER",
    "UNKNOWN_MODEL",
    "BUDGET_TOO_SHORT",
    "CACHE_MISS",
    "IDEMPOTENCY_KEY_REUSED",
  ]);
  const after = await keyspace(queues);
  expect(after["stats"]).toEqual({ refused: "5" });
  expect({ ...after, stats: before["stats"] }).toEqual(before);
});

redisTest("rate-limited candidates rank after all others, among themselves the soonest first, whatever they cost", async ({ redis }) => {
  await using queues = await openQueues(redis);
  const now = await queues.now();
  for (const [i, name] of ["late", "soon", "free"].entries()) {
    await queues.model(name);
    await queues.admin.hset(queues.keys.model(name), i === 0 ? "hold" : "ru", i === 2 ? 0 : now + 30_000 - i * 10_000);
  }
  const candidates = toCandidates(["late", "soon", "free"]);
  expect(await queues.place("x", { candidates })).toMatchObject({ kind: "placed", model: "free" });
  const limited = await queues.place("y", { candidates: candidates.slice(0, 2) });
  expect(limited).toMatchObject({ kind: "placed", model: "soon" });
  expect((await queues.record("y"))["sk"]).toMatch(/^\{[^{]*"model":"late"[^{]*\}$/);
});

redisTest("a refusal quotes the wait, and when to come again", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a", { concurrency: 2 });
  for (const id of ["r1", "r2", "w1"]) await queues.place(id);
  await queues.take("a");
  await queues.take("a");
  await queues.admin.hset(queues.keys.model("a"), "svc", 4_000);
  // Two slots of 4 s, one job waits before it: the second slot that becomes free is its.
  expect(await queues.place("late", { timeoutMs: 3_999 })).toMatchObject({
    code: "BUDGET_TOO_SHORT",
    expectedWaitMs: 4_000,
    retryAfterMs: 4_000,
    skipped: [{ model: "a", reason: "expected wait 4000 ms", retryAfterMs: 4_000 }],
  });
  expect(await queues.place("patient", { timeoutMs: 4_000 })).toMatchObject({ kind: "placed", depth: 4, expectedWaitMs: 4_000 });
  expect(await queues.place("urgent", { classRank: 0, priority: 500, timeoutMs: 4_000 })).toMatchObject({
    kind: "placed",
    expectedWaitMs: 2_000,
  });
});
