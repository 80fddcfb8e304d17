import { redisTest } from "@llm-router/testkit";
import { describe, expect } from "vitest";
import { asList, dispatch, type DispatchInput, type DispatchReply, type QueueContext } from "../src/index.ts";
import { openQueues, type QueueFixture, requestInput, toCandidates } from "./queue-fixture.ts";

/** Counts the requests of each call of `dispatch`. */
function watched(queues: QueueFixture) {
  const calls: number[] = [];
  const context: QueueContext = {
    ...queues.context,
    async run(name, args) {
      const reply = await queues.context.run(name, args);
      if (name === "dispatch") calls.push(asList(reply).length);
      return reply;
    },
  };
  return { context, calls };
}

/** What a reply says, without what differs from one try to the next. */
function essence(reply: DispatchReply): unknown[] {
  switch (reply.kind) {
    case "placed":
      return [reply.kind, reply.model.slice(0, 1), reply.depth, reply.expectedWaitMs];
    case "open":
      return [reply.kind, reply.id.slice(1), reply.model.slice(0, 1)];
    case "refused":
      return [reply.kind, reply.code, reply.skipped.map(({ reason }) => reason)];
    default:
      return [reply.kind, reply.id.slice(1)];
  }
}

/** Requests of every kind, for the models a and b with this suffix. */
function requestsOf(suffix: string): DispatchInput[] {
  const candidates = toCandidates([`a${suffix}`, `b${suffix}`]);
  const low = { classRank: 3, priority: 3_500 };
  const shared = { cacheKey: `key${suffix}`, cacheMode: "use" } as const;
  const inputs: [id: string, input: Partial<DispatchInput>][] = [
    ["w", { idempotencyKey: `i${suffix}` }],
    ["x", { idempotencyKey: `i${suffix}` }],
    ["w", { idempotencyKey: `i${suffix}` }],
    ["c", { ...shared }],
    ["d", { ...shared, classRank: 1, priority: 1_500 }],
    ["e", low],
    ["f", low],
    ["g", low],
    ["h", {}],
    ["i", low],
    ["j", { classRank: 0, priority: 500, displace: "fail" }],
    ["k", { classRank: 0, priority: 500, displace: "fail" }],
    ["l", { candidates: toCandidates([`b${suffix}`]) }],
  ];
  return inputs.map(([id, input]) => requestInput(suffix + id, { candidates, ...input }));
}

describe("requests of one turn", () => {
  redisTest("go together, sixteen at most, and none passes the bound", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a", { maxQueueDepth: 18 });
    const { context, calls } = watched(queues);
    const replies = await Promise.all(
      Array.from({ length: 25 }, (_, i) => dispatch(context, requestInput(`r${i}`, { classRank: 0, priority: 500 }))),
    );
    expect(calls).toEqual([16, 9]);
    expect(replies.map((reply) => (reply.kind === "placed" ? reply.depth : reply.kind))).toEqual([
      ...Array.from({ length: 18 }, (_, i) => i + 1),
      ...Array.from({ length: 7 }, () => "refused"),
    ]);
    expect(await queues.depth("a")).toBe(18);
    expect(await queues.admin.zcard(queues.keys.deadlines)).toBe(18);
    expect((await queues.take("a")).id).toBe("r0");
  });

  redisTest("are not gathered beyond what Redis should hold at once", async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a");
    const { context, calls } = watched(queues);
    const data = JSON.stringify({ v: 1, request: { prompt: "x".repeat(100_000) } });
    const replies = await Promise.all(["p", "q", "r"].map((id) => dispatch(context, requestInput(id, { data }))));
    expect(calls).toEqual([2, 1]);
    expect(replies.map(({ kind }) => kind)).toEqual(["placed", "placed", "placed"]);
  });

  redisTest("get what they would get one by one: spilling over, displacing, attaching, sharing a call", async ({ redis }) => {
    await using queues = await openQueues(redis);
    for (const suffix of ["1", "2"]) {
      await queues.model(`a${suffix}`, { maxQueueDepth: 4, concurrency: 2 });
      await queues.model(`b${suffix}`, { maxQueueDepth: 3 });
      for (const model of ["a", "b"]) await queues.admin.hset(queues.keys.model(model + suffix), "svc", 100);
    }
    const oneByOne = [];
    for (const input of requestsOf("1")) oneByOne.push(essence(await dispatch(queues.context, input)));
    const { context, calls } = watched(queues);
    const together = await Promise.all(requestsOf("2").map((input) => dispatch(context, input)));
    expect(calls).toEqual([13]);
    expect(together.map((reply) => essence(reply))).toEqual(oneByOne);
    expect(new Set(oneByOne.map(([kind]) => kind))).toEqual(new Set(["placed", "open", "refused"]));
    const left = async (suffix: string) => {
      const parts = ["a", "b"].flatMap((model) =>
        ["prioritized", "due"].map((part) => queues.admin.zrange(`${queues.keys.queue(model + suffix)}:${part}`, 0, "-1")),
      );
      const sets = await Promise.all([...parts, queues.admin.zrange(queues.keys.deadlines, 0, "-1")]);
      return sets.map((set) =>
        set
          .filter((id) => id.startsWith(suffix))
          .map((id) => id.slice(1))
          .toSorted(),
      );
    };
    expect(await left("2")).toEqual(await left("1"));
    expect(await queues.stats()).toMatchObject({ failed: "4" });
  });
});

redisTest("one that takes the place of another does not let the next one pass the bound of where that one went", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a", { maxQueueDepth: 1 });
  await queues.model("b", { maxQueueDepth: 2 });
  const low = { classRank: 3, priority: 3_500, candidates: toCandidates(["a", "b"]) };
  const urgent = { classRank: 0, priority: 500, displace: "move", candidates: toCandidates(["a"]) } as const;
  const onB = { classRank: 0, priority: 500, candidates: toCandidates(["b"]) };
  const replies = await Promise.all([
    queues.place("low", low),
    queues.place("b1", onB),
    queues.place("urgent", urgent),
    queues.place("b2", onB),
  ]);
  expect(replies.map(({ kind }) => kind)).toEqual(["placed", "placed", "placed", "refused"]);
  expect([await queues.depth("a"), await queues.depth("b")]).toEqual([1, 2]);
});

redisTest("one that cannot be written is refused alone", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a");
  await queues.admin.set(queues.keys.record("y"), "not a record");
  const sent = await Promise.allSettled(["x", "y", "z"].map((id) => queues.place(id)));
  expect(sent.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(sent[1]).toMatchObject({ reason: { code: "INTERNAL" } });
  expect(await queues.depth("a")).toBe(2);
});
