import { setImmediate as nextTurn } from "node:timers/promises";
import { type Backend, BackendError, type Event } from "@llm-router/contracts";
import { readStream } from "@llm-router/job-queue";
import { redisTest } from "@llm-router/testkit";
import { expect } from "vitest";
import { speaks, streams } from "./support/backends.ts";
import { errorOf, resultOf, TestClient } from "./support/test-client.ts";
import { startTestWorker } from "./support/test-worker.ts";

/** Sends so many words, waits until the caller has one of them, and breaks. */
function breaksAfter(words: number, received: Promise<unknown>): Backend {
  return streams(async function* () {
    for (let i = 0; i < words; i++) yield { text: `half${i} ` };
    await received;
    throw new BackendError("truncated", "cut off");
  });
}

const isText = ({ delta }: Event): boolean => delta?.text !== undefined;

redisTest("a stream that breaks after tokens were sent ends with an error, when the request chose that", async ({ redis }) => {
  const received = Promise.withResolvers<void>();
  await using client = await TestClient.connect(redis);
  await using _worker = await startTestWorker(redis, { backends: { bad: breaksAfter(3, received.promise), good: speaks("never") } });
  const job = await client.submit({ models: ["bad", "good"], streamed: true, job: { onBrokenStream: "error" } });
  await job.waitFor(isText);
  received.resolve();
  const outcome = await job.outcome;
  expect(errorOf(outcome)).toMatchObject({ code: "STREAM_BROKEN", model: "bad" });
  expect(errorOf(outcome).message).toContain("cut off");
  expect(outcome).toMatchObject({ attempts: [{ model: "bad", outcome: "truncated" }] });
  // It counts for the breaker all the same.
  expect(await redis.admin.hget(client.context.keys.model("bad"), "bc")).toBe("1");
  expect(job.events().some(({ delta }) => delta?.finishReason)).toBe(false);
});

redisTest("a stream that breaks before any token was sent goes on elsewhere, whatever the request chose", async ({ redis }) => {
  await using client = await TestClient.connect(redis);
  await using _worker = await startTestWorker(redis, { backends: { bad: breaksAfter(0, Promise.resolve()), good: speaks("fine") } });
  const job = await client.submit({ models: ["bad", "good"], streamed: true, job: { onBrokenStream: "error" } });
  expect(resultOf(await job.outcome).content).toBe("fine");
  expect(job.events().some(({ delta }) => delta?.restart)).toBe(false);
});

redisTest("with restart, a mark says that what came before is void, and what follows is the answer", async ({ redis }) => {
  const received = Promise.withResolvers<void>();
  await using client = await TestClient.connect(redis);
  await using _worker = await startTestWorker(redis, { backends: { bad: breaksAfter(3, received.promise), good: speaks("who", "le") } });
  const job = await client.submit({ models: ["bad", "good"], streamed: true, job: { onBrokenStream: "restart" } });
  await job.waitFor(isText);
  received.resolve();
  const result = resultOf(await job.outcome);
  expect(result).toMatchObject({ content: "whole", attempts: [{ outcome: "truncated" }, { outcome: "completed" }] });
  const stored = await readStream(client.context, job.id, 0);
  expect(stored.map(({ seq }) => seq)).toEqual(stored.map((_, i) => i + 1));
  const deltas = stored.flatMap(({ delta }) => delta ?? []);
  const mark = deltas.findIndex(({ restart }) => restart);
  expect(deltas.slice(0, mark).every(({ epoch }) => epoch === 1)).toBe(true);
  expect(deltas.slice(mark).every(({ epoch }) => epoch === 2)).toBe(true);
  expect(deltas.filter(({ restart }) => restart)).toHaveLength(1);
  expect(
    deltas
      .slice(mark)
      .map(({ text }) => text ?? "")
      .join(""),
  ).toBe("whole");
});

redisTest("the first token is sent at once, not with the next batch", async ({ redis }) => {
  const received = Promise.withResolvers<void>();
  const backend = streams(async function* () {
    yield { text: "first" };
    await received.promise; // the call goes on only when the caller has it
    yield { text: " last", finishReason: "stop" };
  });
  await using client = await TestClient.connect(redis);
  await using _worker = await startTestWorker(redis, { backends: { tiny: backend } });
  const job = await client.submit({ models: ["tiny"], streamed: true });
  await job.waitFor(isText);
  received.resolve();
  expect(resultOf(await job.outcome).content).toBe("first last");
});

redisTest(
  "a worker that is lost after sending tokens: the next one ends the request with an error, or starts it anew with a mark",
  async ({ redis }) => {
    const received = Promise.withResolvers<void>();
    await using client = await TestClient.connect(redis);
    const hangs = streams(async function* () {
      yield { text: "half" };
      await received.promise;
    });
    const first = await startTestWorker(redis, { backends: { tiny: hangs } });
    const wantsError = await client.submit({ models: ["tiny"], streamed: true, job: { onBrokenStream: "error" } });
    const wantsRestart = await client.submit({ models: ["tiny"], streamed: true, job: { onBrokenStream: "restart" } });
    await Promise.all([wantsError.waitFor(isText), wantsRestart.waitFor(isText)]);
    await first.close({ graceMs: 1 });
    await using second = await startTestWorker(redis, { backends: { tiny: speaks("again") } });
    expect(errorOf(await wantsError.outcome).code).toBe("STREAM_BROKEN");
    expect(resultOf(await wantsRestart.outcome).content).toBe("again");
    const texts = (await readStream(client.context, wantsRestart.id, 0)).flatMap(({ delta }) =>
      delta?.restart ? ["RESTART"] : (delta?.text ?? []),
    );
    expect(texts).toEqual(["half", "RESTART", "again"]);
    // The first one was not called for.
    expect(second.counters()).toMatchObject({ runs: 2, completed: 1 });
  },
);

redisTest("deltas that come all the time, in every turn of the event loop, are in the stream once and in order", async ({ redis }) => {
  const talking = streams(async function* () {
    const until = performance.now() + 400;
    for (let i = 0; performance.now() < until; i++) {
      yield { text: `${i} ` };
      await nextTurn();
    }
    yield { finishReason: "stop" };
  });
  await using client = await TestClient.connect(redis);
  await using _worker = await startTestWorker(redis, { backends: { m: talking } });
  const jobs = await Promise.all(Array.from({ length: 16 }, () => client.submit({ models: ["m"], streamed: true })));
  for (const job of jobs) {
    const { content } = resultOf(await job.outcome);
    const deltas = (await readStream(client.context, job.id, 0, 1_000_000)).flatMap(({ delta }) => delta ?? []);
    expect(deltas.map(({ text = "" }) => text).join("")).toBe(content);
    expect(deltas.at(-1)?.finishReason).toBe("stop");
  }
});
