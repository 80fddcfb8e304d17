import { connectClient, type Delta } from "@llm-router/client";
import { redisTest } from "@llm-router/testkit";
import { expect } from "vitest";
import { cutFrom, startScriptedWorker } from "./scripted-worker.ts";

redisTest("stream() yields deltas as they come, each once and in order", async ({ redis }) => {
  const next = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  await using _worker = await startScriptedWorker(redis, async (_run, say) => {
    await say("Hel");
    await next[0]?.promise;
    await say("lo", " you");
    await next[1]?.promise;
    return "Hello you";
  });
  await using client = await connectClient({ redis: redis.url, namespace: redis.namespace });
  const stream = client.stream({ prompt: "hi" });
  const deltas: Delta[] = [];
  for await (const delta of stream) {
    deltas.push(delta);
    // Each part is seen before the next is written: nothing is held back until the end.
    if (delta.text === "Hel") next[0]?.resolve();
    if (delta.text === " you") next[1]?.resolve();
  }
  expect(deltas.map(({ text }) => text)).toEqual(["Hel", "lo", " you"]);
  expect(deltas.map(({ seq }) => seq)).toEqual([3, 4, 5]);
  expect((await stream.result()).content).toBe("Hello you");
});

redisTest("a long answer that was streamed is not sent again: who wants the whole result is given it by Redis", async ({ redis }) => {
  const words = Array.from({ length: cutFrom }, (_, i) => `w${i} `);
  const whole = words.join("");
  await using worker = await startScriptedWorker(redis, async (_run, say) => {
    await say(...words);
    return whole;
  });
  await using client = await connectClient({ redis: redis.url, namespace: redis.namespace });
  await using other = await connectClient({ redis: redis.url, namespace: redis.namespace });
  const stream = client.stream({ prompt: "hi", idempotencyKey: "k" });
  const shared = await client.enqueue({ prompt: "hi", idempotencyKey: "k" });
  const attached = other.attach(shared.id).result({ waitMs: 10_000 });
  expect((await Array.fromAsync(stream)).map(({ text }) => text)).toEqual(words);
  const job = await stream.job();
  expect(await job.streamedResult()).toMatchObject({ content: "", finishReason: "stop", usage: { totalTokens: 3 } });
  const results = await Promise.all([stream.result(), shared.result(), attached, other.attach(shared.id).result()]);
  expect(results.map(({ content }) => content)).toEqual([whole, whole, whole, whole]);
  await redis.admin.hset(worker.context.keys.record(shared.id), "od", "");
  await expect(shared.result()).rejects.toMatchObject({ code: "RESULT_EXPIRED" });
});

redisTest("a late subscriber still sees every token", async ({ redis }) => {
  await using _worker = await startScriptedWorker(redis, async (_run, say) => {
    await say("Hel", "lo");
    return "Hello";
  });
  await using client = await connectClient({ redis: redis.url, namespace: redis.namespace });
  const job = await client.enqueue({ prompt: "hi" });
  await job.result();
  expect(await Array.fromAsync(job.tokens())).toEqual(["Hel", "lo"]);
});

redisTest("who follows its own request reads its stream in Redis only when it comes late", async ({ redis }) => {
  const begun = Promise.withResolvers<void>();
  const words = Array.from({ length: 30 }, (_, i) => `w${i} `);
  await using worker = await startScriptedWorker(redis, async (_run, say) => {
    await begun.promise;
    for (const word of words) await say(word);
    return words.join("");
  });
  await using client = await connectClient({ redis: redis.url, namespace: redis.namespace });
  const reads = async () => Number(/cmdstat_xrange:calls=(\d+)/.exec(await worker.context.redis.info("commandstats"))?.[1] ?? 0);
  const before = await reads();
  const job = await client.enqueue({ prompt: "hi" });
  const given = Array.fromAsync(job.tokens());
  begun.resolve();
  expect(await given).toEqual(words);
  expect(await reads()).toBe(before);
  // By now more has come than is kept for somebody who may follow.
  const late = await client.enqueue({ prompt: "hi again" });
  await client.attach(late.id).result();
  expect(await Array.fromAsync(late.tokens())).toEqual(words);
  expect(await reads()).toBeGreaterThan(before);
});

redisTest("a stream dropped after ten tokens and attached again from another client gets exactly the rest", async ({ redis }) => {
  const words = Array.from({ length: 30 }, (_, i) => `w${i} `);
  const dropped = Promise.withResolvers<void>();
  await using _worker = await startScriptedWorker(redis, async (_run, say) => {
    for (const word of words.slice(0, 15)) await say(word);
    await dropped.promise;
    for (const word of words.slice(15)) await say(word);
    return words.join("");
  });
  await using client = await connectClient({ redis: redis.url, namespace: redis.namespace });
  const stream = client.stream({ prompt: "hi", onDisconnect: "continue" });
  const seen: Delta[] = [];
  for await (const delta of stream) {
    seen.push(delta);
    if (seen.length === 10) break;
  }
  const { id } = await stream.job();
  await using other = await connectClient({ redis: redis.url, namespace: redis.namespace });
  const rest: string[] = [];
  const reading = (async () => {
    for await (const token of other.attach(id).tokens(seen.at(-1)?.seq)) rest.push(token);
  })();
  dropped.resolve();
  await reading;
  expect([...seen.map(({ text }) => text), ...rest].join("")).toBe(words.join(""));
});

redisTest("leaving the loop of stream() cancels the request; leaving tokens() of a handle cancels nothing", async ({ redis }) => {
  const aborted: string[] = [];
  const gate = Promise.withResolvers<void>();
  await using _worker = await startScriptedWorker(redis, async (run, say) => {
    await say("a", "b");
    await Promise.race([gate.promise, new Promise((resolve) => run.abort.signal.addEventListener("abort", resolve))]);
    if (run.abort.signal.aborted) aborted.push(run.id);
    return "ab";
  });
  await using client = await connectClient({ redis: redis.url, namespace: redis.namespace });
  const job = await client.enqueue({ prompt: "kept" });
  for await (const token of job.tokens()) if (token === "a") break;
  const stream = client.stream({ prompt: "left" });
  for await (const delta of stream) if (delta.text === "a") break;
  const left = await stream.job();
  expect(await left.outcome()).toMatchObject({ state: "cancelled" });
  gate.resolve();
  expect(await job.outcome()).toMatchObject({ state: "completed" });
  expect(aborted).not.toContain(job.id);
});

redisTest("events() tells the life of a request, queued to completed, with contiguous seqs", async ({ redis }) => {
  await using _worker = await startScriptedWorker(redis, async (_run, say) => {
    await say("a");
    return "a";
  });
  await using client = await connectClient({ redis: redis.url, namespace: redis.namespace });
  const job = await client.enqueue({ prompt: "hi" });
  const events = await Array.fromAsync(job.events());
  expect(events.map(({ type }) => type)).toEqual(["queued", "started", "delta", "completed"]);
  expect(events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
  expect((await job.history()).map(({ type }) => type)).toEqual(["queued", "started", "completed"]);
});

redisTest("a request that wrote no stream gives its whole answer as one delta to who attaches", async ({ redis }) => {
  await using _worker = await startScriptedWorker(redis, async () => "whole");
  await using client = await connectClient({ redis: redis.url, namespace: redis.namespace });
  const { id } = await client.generate({ prompt: "hi" });
  expect(await Array.fromAsync(client.attach(id).tokens())).toEqual(["whole"]);
});

redisTest("a reader that is slower than the model reads the stream from Redis, and loses nothing", async ({ redis }) => {
  const words = Array.from({ length: 3_000 }, (_, i) => `${i} `);
  await using _worker = await startScriptedWorker(redis, async (_run, say) => {
    for (let i = 0; i < words.length; i += 50) await say(...words.slice(i, i + 50));
    return words.join("");
  });
  await using client = await connectClient({ redis: redis.url, namespace: redis.namespace });
  const stream = client.stream({ prompt: "hi" });
  const first = await stream.next();
  await (await stream.job()).outcome();
  const rest = await Array.fromAsync(stream);
  expect([first.value?.text, ...rest.map(({ text }) => text)].join("")).toBe(words.join(""));
});

redisTest("a stream that lacks the end of its answer is completed from the outcome, live and for a late reader", async ({ redis }) => {
  // What Redis forgets, or is too full to take, is in the outcome all the same.
  await using _worker = await startScriptedWorker(redis, async (_run, say) => {
    await say("one ", "two ");
    return "one two three four";
  });
  await using client = await connectClient({ redis: redis.url, namespace: redis.namespace });
  const stream = client.stream({ prompt: "hi" });
  expect((await Array.fromAsync(stream)).map(({ text }) => text)).toEqual(["one ", "two ", "three four"]);
  const { id } = await stream.job();
  await using other = await connectClient({ redis: redis.url, namespace: redis.namespace });
  expect(await Array.fromAsync(other.attach(id).tokens())).toEqual(["one ", "two ", "three four"]);
  // Seq 3 was "one ".
  expect(await Array.fromAsync(other.attach(id).tokens(3))).toEqual(["two ", "three four"]);
});
