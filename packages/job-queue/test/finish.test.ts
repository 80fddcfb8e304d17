import { connectAdmin, redisTest } from "@llm-router/testkit";
import { describe, expect } from "vitest";
import { cancelRequest, readHistory, readStatus } from "../src/index.ts";
import { attemptOf, keyspace, openQueues, type QueueFixture, toCandidates } from "./queue-fixture.ts";

const failing = { mode: "move", breaker: "fail" } as const;
const both = { candidates: toCandidates(["a", "b"]) };

async function outcomeOf(queues: QueueFixture, id: string) {
  const status = await readStatus(queues.context, id);
  if (!status?.outcome || status.outcome.state === "completed") throw new Error(`${id} is ${status?.state}`);
  return status.outcome;
}

describe("a finish that is sent again", () => {
  redisTest("changes nothing and answers with the job that the first one fetched", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a", { tpm: 1_000 });
    for (const id of ["x", "y", "z"]) await queues.place(id);
    const run = await queues.take("a");
    const first = await queues.finish(run, { breaker: "ok", tokens: 30 }, { fetchNext: true });
    expect(first).toMatchObject({ status: "settled", grant: { run: { id: "y", epoch: 1 } } });
    const before = await keyspace(queues);
    const again = await queues.finish(run, { breaker: "ok", tokens: 30 }, { fetchNext: true });
    expect(again.status).toBe("resent");
    expect(again.grant.run).toMatchObject({
      id: "y",
      epoch: 1,
      lockToken: run.lockToken,
      data: first.grant.run?.data,
      waitMs: first.grant.run?.waitMs,
    });
    expect(await keyspace(queues)).toEqual(before);
  });

  redisTest("counts a failure once", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a");
    await queues.place("x");
    const run = await queues.take("a");
    expect((await queues.finish(run, failing)).status).toBe("delayed");
    const before = await keyspace(queues);
    expect((await queues.finish(run, failing)).status).toBe("resent");
    expect(await keyspace(queues)).toEqual(before);
  });

  redisTest("still gets its fetched job when the moved one already runs elsewhere", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a");
    await queues.model("b");
    for (const id of ["x", "y", "z"]) await queues.place(id, both);
    const run = await queues.take("a");
    expect(await queues.finish(run, failing, { fetchNext: true })).toMatchObject({ status: "moved", grant: { run: { id: "y" } } });
    expect((await queues.take("b")).id).toBe("x");
    expect((await queues.finish(run, failing, { fetchNext: true })).grant.run).toMatchObject({ id: "y", epoch: 1 });
  });
});

describe("a run that lost its job", () => {
  redisTest("is void once the job was granted again: nothing counts, nothing ends, nothing is fetched twice", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a", { concurrency: 3 });
    for (const id of ["x", "y", "z"]) await queues.place(id);
    const zombie = await queues.take("a");
    await queues.loseWorkers("a");
    const current = await queues.take("a");
    expect(current).toMatchObject({ id: "x", epoch: 2 });
    const before = await keyspace(queues);
    expect((await queues.finish(zombie, { breaker: "fail", tokens: 5 })).status).toBe("stale");
    expect(await keyspace(queues)).toEqual(before);
    // It goes on with the next job, the same one however often it asks.
    const next = { status: "stale", grant: { run: { id: "y", epoch: 1 } } };
    expect(await queues.finish(zombie, {}, { fetchNext: true })).toMatchObject(next);
    expect(await queues.finish(zombie, {}, { fetchNext: true })).toMatchObject(next);
    expect((await queues.finish(current, {})).status).toBe("settled");
    expect(await queues.stats()).toMatchObject({ completed: "1", recovered: "1" });
  });

  redisTest("still delivers its answer while nobody else has the job, also from another queue", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a");
    await queues.model("b");
    for (const id of ["x", "y"]) await queues.place(id, { ...both, maxWaitMs: 60_000 });
    const late = await queues.take("a");
    await queues.loseWorkers("a");
    expect((await queues.finish(late, {})).status).toBe("settled");
    const second = await queues.take("a");
    expect(second.id).toBe("y");
    await queues.loseWorkers("a");
    await queues.admin.hset(queues.keys.model("a"), "wa", 0);
    expect(await queues.move("a")).toEqual([1, 1, 1]);
    expect(await readStatus(queues.context, "y")).toMatchObject({ state: "waiting", model: "b" });
    expect((await queues.finish(second, {})).status).toBe("settled");
    expect(await queues.stats()).toMatchObject({ completed: "2" });
    expect([await queues.depth("a"), await queues.depth("b")]).toEqual([0, 0]);
    expect((await queues.fetch("b")).run).toBeUndefined();
    const left = Object.keys(await keyspace(queues)).filter((key) => /:(due|prioritized|active|delayed|[xy]:lock)$|^pk:/.test(key));
    expect(left).toEqual([]);
  });

  redisTest("leaves the job where it is when it has no answer", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a");
    await queues.place("x");
    const late = await queues.take("a");
    await queues.loseWorkers("a");
    expect((await queues.finish(late, failing)).status).toBe("returned");
    expect((await queues.take("a")).id).toBe("x");
  });
});

redisTest("a run that ends after its request did gives no second outcome, also when the first one is no longer kept", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a");
  await queues.place("x");
  const run = await queues.take("a");
  await cancelRequest(queues.context, "x");
  await queues.admin.hdel(queues.keys.record("x"), "od", "att", "sk");
  expect((await queues.finish(run, { mode: "drop" })).status).toBe("dropped");
  expect(await queues.record("x")).toMatchObject({ st: "cancelled" });
  expect(await queues.stats()).not.toHaveProperty("expired");
});

redisTest("a cancelled run is told to stop and keeps its slot until it has", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a", { concurrency: 1 });
  for (const id of ["x", "y"]) await queues.place(id);
  const run = await queues.take("a");
  const listener = connectAdmin(queues.url);
  const heard = new Promise<string>((resolve) => listener.once("message", (_, message: string) => resolve(message)));
  await listener.subscribe(queues.keys.control);
  expect(await cancelRequest(queues.context, "x")).toMatchObject({ state: "cancelled", error: { code: "CANCELLED" } });
  expect(JSON.parse(await heard)).toEqual({ type: "abort", id: "x", epoch: 1, model: "a", reason: "cancelled" });
  listener.disconnect();
  expect(await queues.fetch("a")).not.toHaveProperty("run");
  expect(await queues.context.run("renew", ["a", 6_000, run.id, run.lockToken, run.epoch])).toEqual(["x"]);
  expect(await queues.admin.exists(`${queues.keys.queue("a")}:x:lock`)).toBe(1);
  // An answer that comes all the same changes nothing any more.
  expect(await queues.finish(run, {}, { fetchNext: true })).toMatchObject({ status: "dropped", grant: { run: { id: "y" } } });
  expect(await cancelRequest(queues.context, "x")).toMatchObject({ state: "cancelled" });
  expect(await queues.stats()).toMatchObject({ cancelled: "1" });
  await expect(cancelRequest(queues.context, "nobody")).rejects.toMatchObject({ code: "UNKNOWN_REQUEST" });
});

describe("after a failed call", () => {
  redisTest("the job moves to the next candidate with room, with its attempts", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a");
    await queues.model("b");
    await queues.place("x", both);
    const run = await queues.take("a");
    expect((await queues.finish(run, failing)).status).toBe("moved");
    expect(await queues.take("b")).toMatchObject({
      id: "x",
      epoch: 2,
      counted: 1,
      attempts: [JSON.parse(attemptOf(run)) as object],
      data: run.data,
    });
    expect((await readHistory(queues.context, "x"))?.map(({ type, model }) => `${type} ${model}`)).toEqual([
      "queued a",
      "started a",
      "moved b",
      "started b",
    ]);
    expect(await queues.stats()).toMatchObject({ "out:a": "1", "in:b": "1" });
  });

  redisTest("without another candidate it waits 250 ms, doubling to 10 s, and ends after maxAttempts counted calls", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a", { breaker: { enabled: false } });
    await queues.place("x", { maxAttempts: 8 });
    const delays: number[] = [];
    for (let i = 0; i < 8; i++) {
      const before = await queues.now();
      const { status } = await queues.finish(await queues.take("a"), { ...failing, note: `boom ${i}` });
      if (status !== "delayed") break;
      const due = Math.floor(Number(await queues.admin.zscore(`${queues.keys.queue("a")}:delayed`, "x")) / 4_096);
      delays.push(Number(await queues.admin.hget(`${queues.keys.queue("a")}:x`, "delay")));
      expect(due - before - (delays.at(-1) ?? 0)).toBeLessThan(200);
      expect(due - before).toBeGreaterThanOrEqual(delays.at(-1) ?? 0);
      await queues.admin.zadd(`${queues.keys.queue("a")}:delayed`, "XX", 4_096, "x");
    }
    expect(delays).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 10_000]);
    const outcome = await outcomeOf(queues, "x");
    expect(outcome).toMatchObject({
      state: "failed",
      error: { code: "ATTEMPTS_EXHAUSTED", message: "8 calls failed. Last: boom 7", model: "a" },
    });
    expect(outcome.attempts).toHaveLength(8);
    expect(await queues.depth("a")).toBe(0);
  });

  redisTest("only calls that count for the breaker count as attempts", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a");
    await queues.place("x", { maxAttempts: 1 });
    expect((await queues.finish(await queues.take("a"), { mode: "hold", holdMs: 0 })).status).toBe("parked");
    expect((await queues.finish(await queues.take("a"), { mode: "release" })).status).toBe("returned");
    expect((await queues.finish(await queues.take("a"), { mode: "drop" })).status).toBe("returned");
    await queues.take("a");
    await queues.loseWorkers("a");
    expect((await queues.finish(await queues.take("a"), { mode: "move", breaker: "none" })).status).toBe("delayed");
    await queues.admin.zadd(`${queues.keys.queue("a")}:delayed`, "XX", 4_096, "x");
    const last = await queues.take("a");
    expect(last.counted).toBe(0);
    expect((await queues.finish(last, failing)).status).toBe("settled");
    expect((await outcomeOf(queues, "x")).error.code).toBe("ATTEMPTS_EXHAUSTED");
  });

  redisTest("a model that can never serve it is not asked again, and when none is left it ends", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a");
    await queues.model("b", { maxQueueDepth: 1 });
    await queues.place("filler", { candidates: toCandidates(["b"]) });
    await queues.place("x", both);
    const refusal = { mode: "move", refused: true, note: "no tools" } as const;
    expect((await queues.finish(await queues.take("a"), refusal)).status).toBe("delayed");
    await queues.admin.zadd(`${queues.keys.queue("a")}:delayed`, "XX", 4_096, "x");
    // Still no room at the other one: it waits on, and is not given to the one that refused.
    expect((await queues.fetch("a")).run).toBeUndefined();
    await queues.finish(await queues.take("b"), {});
    await queues.admin.zadd(`${queues.keys.queue("a")}:delayed`, "XX", 4_096, "x");
    expect((await queues.fetch("a")).run).toBeUndefined();
    const second = await queues.take("b");
    expect(second.id).toBe("x");
    expect((await queues.finish(second, refusal)).status).toBe("settled");
    const outcome = await outcomeOf(queues, "x");
    expect(outcome.error).toMatchObject({ code: "ATTEMPTS_EXHAUSTED", message: "No candidate can serve the request. Last: no tools" });
    expect(outcome.attempts).toHaveLength(2);
  });

  redisTest("with whenUnavailable fail it ends when every candidate is down, and not when one is only full", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a", { breaker: { failureThreshold: 1 }, concurrency: 2 });
    await queues.model("b", { maxQueueDepth: 1 });
    await queues.place("filler", { candidates: toCandidates(["b"]) });
    await queues.place("alone", { whenUnavailable: "fail" });
    await queues.place("full", { ...both, whenUnavailable: "fail" });
    const [alone, full] = [await queues.take("a"), await queues.take("a")];
    expect(await queues.finish(alone, failing)).toMatchObject({ status: "settled", opened: true, blocked: 1 });
    expect(await outcomeOf(queues, "alone")).toMatchObject({ state: "failed", error: { code: "ALL_MODELS_UNAVAILABLE" } });
    expect((await queues.finish(full, failing)).status).toBe("parked");
    expect(await readStatus(queues.context, "full")).toMatchObject({ state: "parked", model: "a", position: 1 });
  });
});

describe("after a rate limit of the provider", () => {
  redisTest("the model is held until then, and the job waits in its place", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a");
    for (const id of ["x", "y"]) await queues.place(id);
    const { status, grant } = await queues.finish(await queues.take("a"), { mode: "hold", holdMs: 5_000 }, { fetchNext: true });
    expect(status).toBe("parked");
    expect(grant.run).toBeUndefined();
    expect(grant.retryInMs).toBeGreaterThan(4_900);
    expect(await readStatus(queues.context, "x")).toMatchObject({ state: "parked", position: 1 });
    // A shorter one does not shorten it.
    await queues.admin.hset(queues.keys.model("a"), "hold", (await queues.now()) - 1);
    expect((await queues.take("a")).id).toBe("x");
  });

  redisTest("a worker of a held model with nothing but retries is told when the first of them is due", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a");
    await queues.place("x");
    await queues.finish(await queues.take("a"), failing);
    await queues.admin.hset(queues.keys.model("a"), "hold", (await queues.now()) + 5_000);
    const { run, retryInMs = 0 } = await queues.fetch("a");
    expect(run).toBeUndefined();
    expect(retryInMs).toBeGreaterThan(0);
    expect(retryInMs).toBeLessThanOrEqual(250);
  });

  redisTest("the job moves when another candidate answers sooner than the hold ends", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a");
    await queues.model("b");
    for (const id of ["x", "y"]) await queues.place(id, both);
    await queues.place("ahead", { candidates: toCandidates(["b"]) });
    await queues.take("b");
    await queues.admin.hset(queues.keys.model("b"), "svc", 3_000);
    expect((await queues.finish(await queues.take("a"), { mode: "hold", holdMs: 2_500 })).status).toBe("parked");
    await queues.admin.hset(queues.keys.model("a"), "hold", 0);
    expect((await queues.finish(await queues.take("a"), { mode: "hold", holdMs: 3_500 })).status).toBe("moved");
  });
});
