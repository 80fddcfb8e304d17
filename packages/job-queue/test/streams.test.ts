import { redisTest } from "@llm-router/testkit";
import { expect } from "vitest";
import { appendDeltas, readHistory, readStream } from "../src/index.ts";
import { attemptOf, openQueues, toCandidates } from "./queue-fixture.ts";

redisTest(
  "events and deltas of a request share one counter without gaps, over moves and epochs, and can be read from any place",
  async ({ redis }) => {
    await using queues = await openQueues(redis);
    await queues.model("a");
    await queues.model("b");
    await queues.place("x", { streamed: true, candidates: toCandidates(["a", "b"]) });
    const first = await queues.take("a");
    expect(await appendDeltas(queues.context, first, [{ text: "Hel" }, { text: "lo" }])).toBe(4);
    expect(await appendDeltas(queues.context, first, [{ text: "," }])).toBe(5);
    await queues.finish(first, { mode: "move", breaker: "fail", json: attemptOf(first) });
    const second = await queues.take("b");
    expect(second).toMatchObject({ epoch: 2, sent: true, lastSeq: 7 });
    expect(await appendDeltas(queues.context, second, [{ restart: true }, { text: "Hi" }, {}])).toBe(10);
    await queues.finish(second, {});
    const events = await readStream(queues.context, "x", 0);
    expect(events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(events.map(({ type, delta }) => delta?.text ?? (delta?.restart ? "restart" : type))).toEqual([
      "queued",
      "started",
      "Hel",
      "lo",
      ",",
      "moved",
      "started",
      "restart",
      "Hi",
      "delta",
      "completed",
    ]);
    expect(events.flatMap(({ delta }) => delta?.epoch ?? [])).toEqual([1, 1, 1, 2, 2, 2]);
    for (let from = 0; from <= 12; from++) expect(await readStream(queues.context, "x", from)).toEqual(events.slice(from));
    expect((await readHistory(queues.context, "x"))?.map(({ seq, type }) => `${seq} ${type}`)).toEqual([
      "1 queued",
      "2 started",
      "6 moved",
      "7 started",
      "11 completed",
    ]);
  },
);

redisTest("deltas of an older epoch, or of a settled request, are refused", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a");
  await queues.place("x", { streamed: true });
  const zombie = await queues.take("a");
  await queues.loseWorkers("a");
  const run = await queues.take("a");
  expect(await appendDeltas(queues.context, zombie, [{ text: "later" }])).toBeUndefined();
  await queues.finish(run, {});
  expect(await appendDeltas(queues.context, run, [{ text: "too late" }])).toBeUndefined();
  expect(await appendDeltas(queues.context, { ...run, id: "nobody" }, [{ text: "x" }])).toBeUndefined();
  expect((await readStream(queues.context, "x", 0)).filter(({ type }) => type === "delta")).toEqual([]);
});

redisTest("a stream expires after its request has ended, and never while it runs", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a");
  await queues.place("x", { streamed: true, timeoutMs: 100_000, streamTtlMs: 40_000 });
  await appendDeltas(queues.context, await queues.take("a"), [{ text: "a" }]);
  const running = await queues.admin.pttl(queues.keys.stream("x"));
  expect(running).toBeGreaterThan(100_000);
  await queues.context.run("cancel", ["x", "no"]);
  const ended = await queues.admin.pttl(queues.keys.stream("x"));
  expect(ended).toBeGreaterThan(30_000);
  expect(ended).toBeLessThanOrEqual(40_000);
});

redisTest("a request that is not streamed has no stream, and its history all the same", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a");
  await queues.place("x");
  await queues.finish(await queues.take("a"), {});
  expect(await queues.admin.exists(queues.keys.stream("x"))).toBe(0);
  expect((await readHistory(queues.context, "x"))?.map(({ type }) => type)).toEqual(["queued", "started", "completed"]);
  expect(await readHistory(queues.context, "nobody")).toBeUndefined();
});

redisTest("an append whose answer was lost is sent again and written once, also after its job was recovered", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a");
  await queues.place("x", { streamed: true });
  const run = await queues.take("a");
  const texts = async () => (await readStream(queues.context, "x", 0)).flatMap(({ delta }) => delta?.text ?? []);
  expect(await appendDeltas(queues.context, run, [{ text: "a" }, { text: "b" }], 0)).toBe(4);
  expect(await appendDeltas(queues.context, run, [{ text: "a" }, { text: "b" }], 0)).toBe(4);
  // Sent again with what came meanwhile.
  expect(await appendDeltas(queues.context, run, [{ text: "b" }, { text: "c" }], 1)).toBe(5);
  await queues.loseWorkers("a");
  expect(await appendDeltas(queues.context, run, [{ text: "d" }], 3)).toBeGreaterThan(5);
  expect(await texts()).toEqual(["a", "b", "c", "d"]);
  // Redis forgot some: what comes after them may not follow.
  expect(await appendDeltas(queues.context, run, [{ text: "f" }], 5)).toBe("gap");
  expect(await texts()).toEqual(["a", "b", "c", "d"]);
});
