import { redisTest } from "@llm-router/testkit";
import { describe, expect } from "vitest";
import type { Outcome } from "@llm-router/contracts";
import { appendDeltas, cancelRequest, type DispatchInput, readStatus } from "../src/index.ts";
import { keyspace, openQueues, type QueueFixture, toCandidates } from "./queue-fixture.ts";

const cacheKey = "a".repeat(64);

/** An answer as a worker writes it. */
function answered(id: string): string {
  const frame = { id, success: true, latencyMs: 5, waitMs: 1, cached: false, coalesced: false };
  return JSON.stringify({ state: "completed", id, result: { ...frame, content: "Paris", modelUsed: "a", finishReason: "stop" } });
}

async function outcomeOf(queues: QueueFixture, id: string): Promise<Outcome> {
  return JSON.parse((await queues.record(id))["od"] ?? "null") as Outcome;
}

const equal = (input: Partial<DispatchInput> = {}): Partial<DispatchInput> => ({ cacheKey, ...input });

describe("equal requests in flight", () => {
  redisTest("share one job; each gets the answer under its own id, and one call is counted", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a");
    await queues.place("c1.l", equal());
    const run = await queues.take("a");
    for (const id of ["c1.f1", "c1.f2"]) expect(await queues.place(id, equal())).toMatchObject({ kind: "placed", model: "a", depth: 0 });
    expect(await queues.depth("a")).toBe(1);
    await queues.finish(run, { json: answered("c1.l") });
    for (const id of ["c1.f1", "c1.f2"])
      expect(await outcomeOf(queues, id)).toMatchObject({ state: "completed", id, result: { id, content: "Paris", coalesced: true } });
    expect(await outcomeOf(queues, "c1.l")).toMatchObject({ result: { coalesced: false } });
    expect(await queues.stats()).toMatchObject({ completed: "3", "model:a": "1" });
    expect(await keyspace(queues)).not.toContainEqual(expect.stringMatching(/:(fo:|orphans|deadlines)/));
  });

  redisTest("one that comes after the answer and before the cache has it is answered, too", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a");
    await queues.place("c1.l", equal());
    await queues.finish(await queues.take("a"), { json: answered("c1.l") });
    expect(await queues.place("c1.late", equal())).toMatchObject({
      kind: "settled",
      outcome: { state: "completed", result: { coalesced: true } },
    });
  });

  redisTest(
    "do not share with another key, without a key, refreshing, or with candidates that the leader's model is not among",
    async ({ redis }) => {
      await using queues = await openQueues(redis);
      await queues.model("a");
      await queues.model("b");
      await queues.place("c1.l", equal({ candidates: toCandidates(["a", "b"]) }));
      await queues.place("c1.1", equal({ cacheKey: "b".repeat(64) }));
      await queues.place("c1.2", { cacheKey: undefined });
      await queues.place("c1.3", equal({ cacheMode: "refresh" }));
      await queues.place("c1.4", equal({ candidates: toCandidates(["a"]) }));
      expect(await queues.depth("a")).toBe(5);
    },
  );

  redisTest("one that waits for another model is answered by what the cache got meanwhile, without a call", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a");
    await queues.model("b");
    await queues.model("c");
    await queues.place("c1.1", equal({ candidates: toCandidates(["a", "c"]) }));
    // They do not share a call: "c" might make it, and may not answer the second. "a", which does, may.
    await queues.place("c1.2", equal({ candidates: toCandidates(["b", "a"]), streamed: true }));
    expect(await queues.depth("b")).toBe(1);
    await queues.finish(await queues.take("a"), { json: answered("c1.1") });
    await queues.context.run("cache-put", [`${cacheKey}:a`, '{"content":"Paris","modelUsed":"a","sourceRequestId":"c1.1"}', 60_000, 10]);
    const fetched = await queues.fetch("b");
    expect(fetched.run).toBeUndefined();
    expect(await outcomeOf(queues, "c1.2")).toMatchObject({ state: "completed", result: { content: "Paris", cached: "exact" } });
    expect(await queues.depth("b")).toBe(0);
    expect(await queues.stats()).toMatchObject({ completed: "2", cacheHits: "1" });
  });

  redisTest("a follower of a higher class lifts the leader, which is still counted in its own class", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a");
    await queues.place("c1.other", { priority: 1500, classRank: 1 });
    await queues.place("c1.l", equal({ priority: 3500, classRank: 3 }));
    await queues.place("c1.f", equal({ priority: 500, classRank: 0 }));
    const run = await queues.take("a");
    expect(run.id).toBe("c1.l");
    await queues.finish(run, { json: answered("c1.l") });
    expect(Object.keys(await queues.stats())).toEqual(expect.arrayContaining(["n:completed:3:a", "n:completed:0:"]));
    expect((await queues.take("a")).id).toBe("c1.other");
    expect(await queues.admin.hgetall(`${queues.keys.prefix}:pk:a`)).toEqual({});
  });

  redisTest("a leader that is cancelled hands the call to its most urgent follower, and the others follow that one", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a");
    await queues.place("c1.l", equal());
    await queues.place("c1.f1", equal({ priority: 3500, classRank: 3 }));
    await queues.place("c1.f2", equal());
    await cancelRequest(queues.context, "c1.l");
    expect(await queues.depth("a")).toBe(1);
    const run = await queues.take("a");
    expect(run).toMatchObject({ id: "c1.f2", data: '{"request":{"prompt":"hi"}}' });
    expect(await outcomeOf(queues, "c1.f1")).toBeNull();
    // A newcomer follows it as well.
    await queues.place("c1.f3", equal());
    await queues.finish(run, { json: answered("c1.f2") });
    for (const id of ["c1.f1", "c1.f3"])
      expect(await outcomeOf(queues, id)).toMatchObject({ state: "completed", result: { coalesced: true } });
  });

  redisTest("a leader that failed or whose budget ended does the same; what the provider refused it refused to all", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a");
    await queues.place("c1.l", equal({ maxAttempts: 1 }));
    await queues.place("c1.f", equal({ timeoutMs: 60_000 }));
    await queues.place("c1.g", equal());
    expect((await queues.finish(await queues.take("a"), { mode: "move", breaker: "fail" })).status).toBe("settled");
    const run = await queues.take("a");
    expect(run.id).toBe("c1.f");
    const error = { code: "PROVIDER_REJECTED", message: "no" };
    await queues.finish(run, {
      mode: "fail",
      json: JSON.stringify({ state: "failed", id: "c1.f", error, attempts: [], skipped: [], latencyMs: 1 }),
    });
    expect(await outcomeOf(queues, "c1.g")).toMatchObject({ state: "failed", id: "c1.g", error });
    expect(await queues.admin.hget(`${queues.keys.queue("a")}:c1.g`, "data")).toContain("hi");
  });

  redisTest("a leader whose budget is over is followed until it has its outcome, so that there is one call after it", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a", { concurrency: 10 });
    await queues.place("c1.l", equal({ timeoutMs: 1 }));
    await queues.place("c1.f", equal());
    await expect.poll(() => queues.now()).toBeGreaterThan(Number((await queues.record("c1.l"))["dl"]) + 5);
    await queues.place("c1.g", equal());
    await queues.reap();
    expect((await queues.take("a")).id).toBe("c1.f");
    expect(await queues.fetch("a")).not.toHaveProperty("run");
    expect(await queues.depth("a")).toBe(1);
  });

  redisTest("a follower keeps its own budget and cancellation, and the call goes on", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a");
    await queues.place("c1.l", equal());
    const run = await queues.take("a");
    await queues.place("c1.f1", equal());
    await queues.place("c1.f2", equal({ timeoutMs: 1 }));
    await cancelRequest(queues.context, "c1.f1");
    await expect.poll(async () => (await queues.reap(), (await outcomeOf(queues, "c1.f2"))?.state)).toBe("expired");
    expect(await outcomeOf(queues, "c1.f1")).toMatchObject({ state: "cancelled" });
    expect((await queues.finish(run, { json: answered("c1.l") })).status).toBe("settled");
    expect(await queues.stats()).toMatchObject({ completed: "1", cancelled: "1", expired: "1" });
  });

  redisTest("followers of a leader that left while every model is full wait until there is room", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a", { maxQueueDepth: 1 });
    await queues.place("c1.l", equal());
    const run = await queues.take("a");
    await queues.place("c1.f1", equal());
    await queues.place("c1.f2", equal());
    await cancelRequest(queues.context, "c1.l");
    // Its run holds the only place until it has ended.
    expect(await queues.depth("a")).toBe(1);
    expect((await readStatus(queues.context, "c1.f1"))?.state).toBe("waiting");
    await queues.finish(run, { mode: "drop" });
    await queues.reap();
    expect(await queues.depth("a")).toBe(1);
    const next = await queues.take("a");
    await queues.finish(next, { json: answered(next.id) });
    for (const id of ["c1.f1", "c1.f2"]) expect(await outcomeOf(queues, id)).toMatchObject({ state: "completed" });
  });

  redisTest(
    "a follower that lost its leader while no model is there fails where it asked for that, and waits otherwise",
    async ({ redis }) => {
      await using queues = await openQueues(redis);
      await queues.model("a", { breaker: { failureThreshold: 1 } });
      await queues.place("c1.l", equal({ maxAttempts: 1 }));
      const run = await queues.take("a");
      for (const id of ["c1.f1", "c1.f2"]) await queues.place(id, equal({ whenUnavailable: "fail" }));
      await queues.place("c1.waits", equal());
      await queues.finish(run, { mode: "move", breaker: "fail" });
      for (const id of ["c1.f1", "c1.f2"]) {
        expect(await outcomeOf(queues, id)).toMatchObject({ state: "failed", id, error: { code: "ALL_MODELS_UNAVAILABLE" } });
      }
      expect((await readStatus(queues.context, "c1.waits"))?.state).toBe("parked");
      expect(await queues.stats()).toMatchObject({ failed: "3" });
    },
  );

  redisTest("one that waits for room fails when its models are gone, if it asked for that", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a", { maxQueueDepth: 1, breaker: { failureThreshold: 1 } });
    await queues.place("c1.l", equal());
    const run = await queues.take("a");
    await queues.place("c1.f", equal({ whenUnavailable: "fail" }));
    // Full: the run of the leader holds the only place.
    await cancelRequest(queues.context, "c1.l");
    await queues.reap();
    expect((await readStatus(queues.context, "c1.f"))?.state).toBe("waiting");
    await queues.finish(run, { mode: "drop", breaker: "fail" });
    await queues.reap();
    expect(await outcomeOf(queues, "c1.f")).toMatchObject({ state: "failed", error: { code: "ALL_MODELS_UNAVAILABLE" } });
    expect(await keyspace(queues)).not.toContainEqual(expect.stringMatching(/:(fo:|orphans|deadlines)/));
  });

  redisTest(
    "a follower that streams, and did not ask for restarts, ends where the leader's answer begins anew; another one goes on",
    async ({ redis }) => {
      await using queues = await openQueues(redis);
      await queues.model("a");
      await queues.place("c1.l", equal({ streamed: true }));
      for (const onBrokenStream of ["error", "restart"] as const)
        await queues.place(`c1.${onBrokenStream}`, equal({ streamed: true, onBrokenStream }));
      await appendDeltas(queues.context, await queues.take("a"), [{ text: "Pa" }], 0);
      await queues.loseWorkers("a");
      const run = await queues.take("a");
      expect(run).toMatchObject({ id: "c1.l", sent: true });
      await appendDeltas(queues.context, run, [{ restart: true }, { text: "Paris" }], 0);
      expect(await outcomeOf(queues, "c1.error")).toMatchObject({ state: "failed", error: { code: "STREAM_BROKEN" } });
      await queues.finish(run, { json: answered("c1.l") });
      expect(await outcomeOf(queues, "c1.restart")).toMatchObject({ state: "completed" });
      expect(await outcomeOf(queues, "c1.error")).toMatchObject({ state: "failed" });
    },
  );

  redisTest(
    "a follower that was given a part of the answer, and leads now, is run, whatever the cache has meanwhile",
    async ({ redis }) => {
      await using queues = await openQueues(redis);
      await queues.model("a");
      await queues.place("c1.l", equal({ streamed: true }));
      const first = await queues.take("a");
      await queues.place("c1.f", equal({ streamed: true }));
      await appendDeltas(queues.context, first, [{ text: "Pa" }], 0);
      await cancelRequest(queues.context, "c1.l");
      await queues.finish(first, { mode: "drop" });
      await queues.context.run("cache-put", [`${cacheKey}:a`, '{"content":"Paris","modelUsed":"a","sourceRequestId":"c1.x"}', 60_000, 10]);
      await queues.reap();
      expect(await queues.take("a")).toMatchObject({ id: "c1.f", sent: true });
    },
  );

  redisTest(
    "followers that were given a part of a call that was handed on get the whole answer of the next, also when that is not streamed",
    async ({ redis }) => {
      await using queues = await openQueues(redis);
      await queues.model("a");
      await queues.place("c1.l", equal({ streamed: true }));
      const first = await queues.take("a");
      await queues.place("c1.plain", equal({ priority: 1500, classRank: 1 }));
      await queues.place("c1.f", equal({ streamed: true }));
      await appendDeltas(queues.context, first, [{ text: "Pa" }], 0);
      await cancelRequest(queues.context, "c1.l");
      await queues.finish(first, { mode: "drop" });
      const run = await queues.take("a");
      expect(run).toMatchObject({ id: "c1.plain", streamed: false });
      await queues.finish(run, { json: answered("c1.plain") });
      const entries = await queues.admin.xrange(`${queues.keys.prefix}:st:c1.f`, "-", "+");
      const deltas = entries.filter(([, fields]) => fields[0] === "d").flatMap(([, fields]) => JSON.parse(fields[1] ?? "[]") as object[]);
      expect(deltas).toMatchObject([{ text: "Pa" }, { restart: true }, { text: "Paris", finishReason: "stop" }]);
      expect(await outcomeOf(queues, "c1.f")).toMatchObject({ state: "completed", result: { coalesced: true } });
    },
  );

  redisTest("followers that stream get every delta once, those from before they came, too", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a");
    await queues.place("c1.l", equal({ streamed: true }));
    await queues.place("c1.early", equal({ streamed: true }));
    const run = await queues.take("a");
    await appendDeltas(queues.context, run, [{ text: "Pa" }], 0);
    await queues.place("c1.late", equal({ streamed: true }));
    await appendDeltas(queues.context, run, [{ text: "r" }, { text: "is" }], 1);
    await queues.finish(run, { json: answered("c1.l") });
    for (const id of ["c1.early", "c1.late"]) {
      const entries = await queues.admin.xrange(`${queues.keys.prefix}:st:${id}`, "-", "+");
      const deltas = entries
        .filter(([, fields]) => fields[0] === "d")
        .flatMap(([, fields]) => JSON.parse(fields[1] ?? "[]") as { seq: number; text: string }[]);
      expect(deltas.map(({ text }) => text)).toEqual(["Pa", "r", "is"]);
      expect(deltas.map(({ seq }) => seq)).toEqual([2, 3, 4]);
      expect((await queues.record(id))["es"]).toBe("5");
    }
  });
});
