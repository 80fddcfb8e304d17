import { redisTest } from "@llm-router/testkit";
import { describe, expect } from "vitest";
import { asList, type Decision, type QueueContext, type Run } from "../src/index.ts";
import { FinishRequests } from "../src/finish-requests.ts";
import { attemptOf, keyspace, openQueues, type QueueFixture, success, toCandidates } from "./queue-fixture.ts";
import { completed, startWorker } from "./worker-fixture.ts";

const ids = (count: number): string[] => Array.from({ length: count }, (_, i) => `j${i}`);

/** Counts the calls of `finish`; `afterCall` may lose a reply. */
function watched(queues: QueueFixture, afterCall: (call: number) => void = () => undefined) {
  const calls: number[] = [];
  const context: QueueContext = {
    ...queues.context,
    async run(name, args) {
      const reply = await queues.context.run(name, args);
      if (name === "finish") afterCall(calls.push(asList(reply).length - 1));
      return reply;
    },
  };
  return { context, calls };
}

function requests(context: QueueContext): FinishRequests {
  return new FinishRequests({ context, model: "a", workerId: "w1", lockMs: 6_000 });
}

const onlyJ1Succeeds = (run: Run): Decision =>
  run.id === "j1" ? completed(run) : { mode: "move", breaker: "fail", runMs: 1, note: "boom", json: attemptOf(run) };

describe("finishes of one turn", () => {
  redisTest("go together, sixteen at most, and each worker's run gets the next job in order", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a", { concurrency: 20 });
    for (const id of ids(40)) await queues.place(id);
    const { context, calls } = watched(queues);
    const runs = [];
    for (let i = 0; i < 20; i++) runs.push(await queues.take("a"));
    const finishes = requests(context);
    const ended = await Promise.all(runs.map((run) => finishes.send({ run, decision: completed(run), fetchNext: true })));
    expect(calls).toEqual([16, 4]);
    expect(ended.map(({ status }) => status)).toEqual(runs.map(() => "settled"));
    expect(ended.map(({ grant }) => [grant.run?.id, grant.run?.lockToken])).toEqual(
      runs.map(({ lockToken }, i) => [`j${20 + i}`, lockToken]),
    );
    // Who asks after one of these is given the next; after the last there is none.
    expect(ended.map(({ grant }) => grant.more)).toEqual(runs.map((_, i) => i !== 15 && i < 19));
    expect(await queues.stats()).toMatchObject({ completed: "20", "model:a": "20" });
    expect(await queues.admin.zcard(`${queues.keys.queue("a")}:completed`)).toBe(20);
    expect((await queues.admin.zrange(queues.keys.deadlines, 0, "-1")).toSorted()).toEqual(ids(40).slice(20).toSorted());
    expect(await queues.depth("a")).toBe(20);
  });

  redisTest("leave what they leave one by one: outcomes, counters, sizes", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a", { concurrency: 4 });
    const { prefix } = queues.keys;
    const keptOf = async () => {
      const bytes = await queues.admin.get(`${prefix}:outcome-bytes`);
      const raw = await queues.admin.hgetall(queues.keys.stats);
      return { ...raw, latencyMs: "", bytes, outcomes: await queues.admin.zcard(`${prefix}:outcomes`), depth: await queues.depth("a") };
    };
    for (const id of ids(4)) await queues.place(id);
    const alone = [];
    for (let i = 0; i < 4; i++) alone.push(await queues.take("a"));
    for (const run of alone) await queues.finish(run, { breaker: "ok", json: success(run.id) });
    const oneByOne = await keptOf();
    await queues.admin.del(queues.keys.stats, `${prefix}:outcomes`, `${prefix}:outcome-bytes`);
    for (const id of ids(4)) await queues.place(`k${id}`);
    const together = [];
    for (let i = 0; i < 4; i++) together.push(await queues.take("a"));
    const finishes = requests(queues.context);
    await Promise.all(together.map((run) => finishes.send({ run, decision: completed(run), fetchNext: false })));
    const bytes = together.reduce((sum, run) => sum + success(run.id).length, 0);
    expect(await keptOf()).toEqual({ ...oneByOne, bytes: String(bytes) });
  });
});

redisTest("a failure among them opens the breaker in the order in which they ended", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a", { concurrency: 5, breaker: { failureThreshold: 2 } });
  for (const id of ids(8)) await queues.place(id);
  const runs = [];
  for (let i = 0; i < 5; i++) runs.push(await queues.take("a"));
  const { context, calls } = watched(queues);
  const finishes = requests(context);
  // A success between two failures sets the count to zero; the two after it open the breaker.
  const ended = await Promise.all(runs.map((run) => finishes.send({ run, decision: onlyJ1Succeeds(run), fetchNext: true })));
  expect(calls).toEqual([5]);
  expect(ended.map(({ status, opened }) => [status, opened])).toEqual([
    ["delayed", false],
    ["settled", false],
    ["delayed", false],
    ["parked", true],
    ["parked", false],
  ]);
  // Nothing is fetched for a model after its opening.
  expect(ended.map(({ grant }) => grant.run)).toEqual(runs.map(() => undefined));
  expect(ended.every(({ grant, blockedModels }) => blockedModels === 1 && (grant.retryInMs ?? 0) > 0)).toBe(true);
});

describe("one whose reply was lost", () => {
  redisTest("is answered as the first time, also beside others", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a", { concurrency: 4 });
    for (const id of ids(12)) await queues.place(id);
    const runs = [];
    for (let i = 0; i < 4; i++) runs.push(await queues.take("a"));
    const [a, b, c, d] = runs.map((run) => ({ run, decision: completed(run), fetchNext: true })) as [Sent, Sent, Sent, Sent];
    const finishes = requests(queues.context);
    const first = await Promise.all([finishes.send(a), finishes.send(b)]);
    const before = await keyspace(queues);
    const again = await Promise.all([finishes.send(b), finishes.send(a)]);
    expect(again.map(({ status, grant }) => [status, grant.run?.id])).toEqual([
      ["resent", first[1].grant.run?.id],
      ["resent", first[0].grant.run?.id],
    ]);
    expect(await keyspace(queues)).toEqual(before);
    const mixed = await Promise.all([finishes.send(c), finishes.send(a), finishes.send(d)]);
    expect(mixed.map(({ status, grant }) => [status, grant.run?.id])).toEqual([
      ["settled", "j6"],
      ["resent", first[0].grant.run?.id],
      ["settled", "j7"],
    ]);
  });

  redisTest("costs no second run, and no job that was fetched with it", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a", { concurrency: 8 });
    for (const id of ids(24)) await queues.place(id);
    const { context, calls } = watched(queues, (call) => {
      if (call % 2 === 1) throw new Error("Connection is closed.");
    });
    const ran: string[] = [];
    const finished = Promise.withResolvers<void>();
    let ended = 0;
    await using worker = await startWorker(redis, {
      model: "a",
      context,
      concurrency: 8,
      process: async (run) => {
        ran.push(`${run.id} ${run.epoch}`);
        return completed(run);
      },
      onFinished: () => ++ended === 24 && finished.resolve(),
    });
    await finished.promise;
    expect(ran.toSorted()).toEqual(
      ids(24)
        .map((id) => `${id} 1`)
        .toSorted(),
    );
    expect(Math.max(...calls)).toBeGreaterThan(1);
    expect(worker.errors).toEqual([]);
    expect(await queues.stats()).toMatchObject({ completed: "24" });
  });
});

redisTest("one that cannot be written is refused alone", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a", { concurrency: 3 });
  for (const id of ids(4)) await queues.place(id);
  const runs = [await queues.take("a"), await queues.take("a"), await queues.take("a")];
  await queues.admin.hset(queues.keys.record("j1"), "p", "{broken");
  const finishes = requests(queues.context);
  const sent = await Promise.allSettled(runs.map((run) => finishes.send({ run, decision: completed(run), fetchNext: true })));
  expect(sent.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect((await queues.record("j0"))["st"]).toBe("completed");
  expect((await queues.record("j2"))["st"]).toBe("completed");
  expect(await queues.stats()).toMatchObject({ completed: "2" });
});

redisTest("jobs with several candidates, and what cannot be started at once, keep their order", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a", { concurrency: 10 });
  await queues.model("b");
  for (const id of ids(6)) await queues.place(id, { candidates: toCandidates(["a", "b"]), timeoutMs: id === "j2" ? 1 : 60_000 });
  while ((await queues.now()) <= Number((await queues.record("j2"))["dl"]));
  const grants = asList(await queues.context.run("fetch", ["a", "t", "llmr:w1", "w1", 6_000, 10, 0]));
  expect(grants.map((grant) => asList(grant)[1])).toEqual(["j0", "j1", "j3", "j4", "j5"]);
  expect((await queues.record("j2"))["st"]).toBe("expired");
  expect(await queues.admin.exists(`${queues.keys.prefix}:pk:a`)).toBe(0);
  expect(await queues.admin.lrange(`${queues.keys.queue("a")}:active`, 0, -1)).toEqual(["j5", "j4", "j3", "j1", "j0"]);
  expect(await queues.depth("a")).toBe(5);
});

type Sent = Parameters<FinishRequests["send"]>[0];
