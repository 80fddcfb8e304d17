import { setTimeout as delay } from "node:timers/promises";
import { createKeys } from "@llm-router/contracts";
import { redisTest } from "@llm-router/testkit";
import { expect, test, vi } from "vitest";
import { isFresh } from "../src/confirm-grant.ts";
import { connectRedis, type Decision, type QueueContext, readHistory, type Run } from "../src/index.ts";
import { Offers } from "../src/offers.ts";
import { openQueues, type QueueFixture, toCandidates } from "./queue-fixture.ts";
import { completed, startWorker } from "./worker-fixture.ts";

const data = JSON.stringify({ v: 1, request: { prompt: 'two lines\nand "quotes", ümläute, 漢字, \u2028' } });

/** A context that counts the fetches, and does something else before some of them. */
function counted(context: QueueContext, before: (args: readonly unknown[]) => Promise<unknown> = async () => undefined) {
  const fetches: (readonly unknown[])[] = [];
  const run: QueueContext["run"] = async (name, args) => {
    if (name === "fetch") {
      fetches.push(args);
      await before(args);
    }
    return context.run(name, args);
  };
  return { context: { ...context, run }, fetches };
}

const offersOf = (queues: QueueFixture, model = "a") => queues.admin.zrange(`${queues.keys.prefix}:of:${model}`, "0", "-1");
const offered = (queues: QueueFixture, count = 1) => vi.waitFor(async () => expect(await offersOf(queues)).toHaveLength(count), 5_000);
const stateOf = async (queues: QueueFixture, id: string) => (await queues.record(id))["st"];

/** Leaves an offer as a worker would that nobody hears of again. */
async function leaveOffer(queues: QueueFixture, { count = 1, forMs = 2_000, token = "t" } = {}): Promise<void> {
  await queues.admin.zadd(`${queues.keys.prefix}:of:a`, (await queues.now()) + forMs, `6000|${count}|${token}|w9`);
}

redisTest("a worker that waits is given a job by the dispatch, without asking", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a", { concurrency: 10 });
  const { context, fetches } = counted(queues.context);
  const runs: Run[] = [];
  await using _worker = await startWorker(redis, { model: "a", context, process: async (run) => (runs.push(run), completed(run)) });
  for (const id of ["x", "y", "z"]) {
    await offered(queues);
    const before = fetches.length;
    await queues.place(id, { data });
    await vi.waitFor(async () => expect(await stateOf(queues, id)).toBe("completed"));
    expect(fetches).toHaveLength(before);
  }
  expect(runs).toMatchObject(
    ["x", "y", "z"].map((id) => ({
      id,
      epoch: 1,
      data,
      attempts: [],
      skipped: [],
      counted: 0,
      breaker: "closed",
      lastSeq: 2,
      sent: false,
    })),
  );
  expect((await readHistory(queues.context, "z"))?.map(({ type, seq }) => `${type} ${seq}`)).toEqual([
    "queued 1",
    "started 2",
    "completed 3",
  ]);
});

redisTest("what is dispatched together is given together, and what is beyond an offer waits", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a", { concurrency: 10 });
  await leaveOffer(queues, { count: 3 });
  await Promise.all(["1", "2", "3", "4", "5"].map((id) => queues.place(id, { data })));
  const text = (await queues.admin.zrange(`${queues.keys.prefix}:go:t`, "0", "-1"))[0] ?? "";
  const offers = new Offers({ context: queues.context, model: "a", workerId: "w9", lockMs: 6_000 });
  const grants = offers.parse(text);
  expect(grants.map(({ run }) => [run?.id, run?.data, run?.lockToken])).toEqual([
    ["1", data, "t/1"],
    ["2", data, "t/2"],
    ["3", data, "t/3"],
  ]);
  expect(await Promise.all(["3", "4", "5"].map((id) => stateOf(queues, id)))).toEqual(["active", "waiting", "waiting"]);
  expect(await queues.admin.zcard(`${queues.keys.queue("a")}:marker`)).toBe(1);
});

redisTest("a job that is given at once leaves in Redis what one does that waited", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a", { concurrency: 10 });
  const input = { data, candidates: toCandidates(["a", "b"]), streamed: true, cacheKey: "k", cacheMode: "use" as const, maxWaitMs: 60_000 };
  await leaveOffer(queues);
  await queues.place("given", input);
  await queues.place("waited", { ...input, cacheKey: "l" });
  const run = await queues.take("a", { token: "t" });
  const left = async (id: string) => {
    const names = await queues.admin.keys(`*${id}*`);
    const record = Object.keys(await queues.record(id)).toSorted();
    const job = Object.keys(await queues.admin.hgetall(`${queues.keys.queue("a")}:${id}`)).toSorted();
    return { names: names.map((name) => name.replace(id, "")).toSorted(), record, job };
  };
  expect(run.id).toBe("waited");
  expect(await left("given")).toEqual(await left("waited"));
  expect(await queues.admin.hgetall(`${queues.keys.prefix}:pk:a`)).toEqual({});
  // Handed back, it stands where it would have stood.
  await queues.loseWorkers("a");
  expect(await queues.admin.zrange(`${queues.keys.queue("a")}:prioritized`, "0", "-1")).toEqual(["given", "waited"]);
});

redisTest("an offer is no way past a hold, a rate, a model that is busy, or who waits already", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a", { maxQueueDepth: 10 });
  const staysWaiting = async (id: string) => {
    await leaveOffer(queues);
    await queues.place(id);
    expect(await stateOf(queues, id)).toBe("waiting");
    // It still holds, for when there is something to give.
    expect(await offersOf(queues)).toHaveLength(1);
  };
  await queues.admin.hset(queues.keys.model("a"), "hold", (await queues.now()) + 60_000);
  await staysWaiting("held");
  await queues.admin.hdel(queues.keys.model("a"), "hold");
  await queues.place("second");
  expect(await stateOf(queues, "held")).toBe("active");
  await staysWaiting("third"); // one runs, and the model takes one at a time
  await queues.model("a", { maxQueueDepth: 10, concurrency: 10, rpm: 1 });
  for (const id of ["held", "second"]) await queues.admin.lrem(`${queues.keys.queue("a")}:active`, 0, id);
  await queues.place("fourth");
  expect(await Promise.all(["second", "third", "fourth"].map((id) => stateOf(queues, id)))).toEqual(["active", "waiting", "waiting"]);
});

redisTest("an offer that has expired is none; what a dead worker was given is recovered", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a", { concurrency: 10 });
  await leaveOffer(queues, { forMs: -1 });
  await queues.place("x");
  expect([await stateOf(queues, "x"), await offersOf(queues)]).toEqual(["waiting", []]);
  expect((await queues.take("a")).id).toBe("x");
  await leaveOffer(queues);
  await queues.place("y");
  expect(await stateOf(queues, "y")).toBe("active");
  expect(await queues.admin.pttl(`${queues.keys.prefix}:go:t`)).toBeGreaterThan(5_000);
  // Left a second and a half ago: its locks count from then.
  await leaveOffer(queues, { forMs: 500, token: "u" });
  await queues.place("z");
  expect(await queues.admin.pttl(`${queues.keys.queue("a")}:z:lock`)).toBeLessThanOrEqual(4_500);
  await queues.loseWorkers("a");
  const again = [await queues.take("a"), await queues.take("a"), await queues.take("a")];
  expect(again.map(({ id, epoch }) => [id, epoch])).toEqual([
    ["x", 2],
    ["y", 2],
    ["z", 2],
  ]);
});

redisTest("a worker whose connection breaks asks for what it did not hear of", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a", { concurrency: 10 });
  const blocking = connectRedis({ url: redis.url }, "blocking");
  const ran: string[] = [];
  await using _worker = await startWorker(redis, {
    model: "a",
    blocking,
    process: async (run) => (ran.push(`${run.id} ${run.epoch}`), completed(run)),
  });
  await offered(queues);
  // Redis holds the offer, and nobody listens.
  const token = (await offersOf(queues))[0]?.split("|")[2] ?? "";
  blocking.disconnect(true);
  await queues.place("x");
  await vi.waitFor(async () => expect(await stateOf(queues, "x")).toBe("completed"), 3_000);
  expect(ran).toEqual(["x 1"]);
  expect(await queues.admin.exists(`${queues.keys.prefix}:go:${token}`)).toBe(0);
});

redisTest("a worker that closes gives back what it is given meanwhile", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a", { concurrency: 10 });
  const placedIn: string[] = [];
  const { context } = counted(queues.context, async ([, , , , , count]) => {
    if (count !== 0) return;
    await queues.place("x");
    placedIn.push(String(await stateOf(queues, "x")));
  });
  const ran: string[] = [];
  {
    await using _worker = await startWorker(redis, {
      model: "a",
      context,
      process: async (run): Promise<Decision> => (ran.push(run.id), completed(run)),
    });
    await offered(queues);
  }
  expect([placedIn, ran, await stateOf(queues, "x")]).toEqual([["active"], [], "waiting"]);
  expect(await offersOf(queues)).toEqual([]);
  await queues.place("y");
  expect(await stateOf(queues, "y")).toBe("waiting");
});

redisTest("what a worker is given for its offer while it asks is taken up once, also when it closes then", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a", { concurrency: 10 });
  let closed: Promise<void> | undefined;
  const { context } = counted(queues.context, async ([, , , , , count, , offer]) => {
    if (closed || count === 0 || offer === "") return;
    // It asks, because a marker woke it, and Redis answers the offer first.
    await queues.place("x");
    closed = started.worker.close();
  });
  const ran: string[] = [];
  await using started = await startWorker(redis, { model: "a", context, process: async (run) => (ran.push(run.id), completed(run)) });
  await offered(queues);
  await queues.admin.zadd(`${queues.keys.queue("a")}:marker`, 0, "0");
  await vi.waitFor(async () => expect(await stateOf(queues, "x")).toBe("completed"), 5_000);
  await closed;
  expect(ran).toEqual(["x"]);
  expect((await readHistory(queues.context, "x"))?.map(({ type }) => type)).toEqual(["queued", "started", "completed"]);
});

test("a grant is as old as Redis's clock says, however late it came", async () => {
  const context = { keys: createKeys("t") } as QueueContext;
  const offers = new Offers({ context, model: "a", workerId: "w", lockMs: 6_000 });
  expect(offers.make(1)).toBeUndefined(); // Redis has not told its time
  const lead = 1_700_000_000_000;
  offers.noteClock({ clockLead: lead });
  const grantAt = (at: number) => {
    const info = [1, 1, 0, 0, "", "", 0, 3, "0", "closed", 2, "0", 0, "t/1", 0];
    const [grant] = offers.parse(`${JSON.stringify([[0, "x", 0, 0, at + lead, info]])}\n{}`);
    if (!grant?.run) throw new Error("no run");
    return grant.run;
  };
  expect(offers.make(1)).toMatchObject({ key: "{t}:of:a", member: expect.stringMatching(/^6000\|1\|.+\|w$/) });
  const leftAt = performance.now();
  await delay(80);
  expect(isFresh(grantAt(leftAt))).toBe(false);
  expect(isFresh(grantAt(performance.now()))).toBe(true);
  // Not before it was offered; and of a clock that was moved nothing is believed but that.
  offers.make(1);
  expect(isFresh(grantAt(leftAt))).toBe(true);
  offers.make(1);
  const again = performance.now();
  expect(grantAt(again + 1_000).askedAt).toBeLessThanOrEqual(again);
});
