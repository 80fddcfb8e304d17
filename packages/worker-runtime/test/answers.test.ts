import type { BackendRequest, Event } from "@llm-router/contracts";
import { readHistory, readStatus, readStream } from "@llm-router/job-queue";
import { redisTest } from "@llm-router/testkit";
import { expect } from "vitest";
import { speaks, streams } from "./support/backends.ts";
import { errorOf, resultOf, TestClient } from "./support/test-client.ts";
import { startTestWorker } from "./support/test-worker.ts";

const textOf = (events: Event[]): string => events.map(({ delta }) => delta?.text ?? "").join("");

redisTest("an answer arrives as one outcome that says where it came from", async ({ redis }) => {
  await using client = await TestClient.connect(redis);
  await using worker = await startTestWorker(redis, { backends: { tiny: speaks("Hel", "lo") } });
  const job = await client.submit({ models: ["tiny"] });
  const result = resultOf(await job.outcome);
  expect(result).toMatchObject({
    id: job.id,
    content: "Hello",
    modelUsed: "tiny",
    success: true,
    usage: { promptTokens: 3, completionTokens: 2, totalTokens: 5 },
    finishReason: "stop",
    attempts: [{ model: "tiny", outcome: "completed", breaker: "closed" }],
    skipped: [],
    cached: false,
    coalesced: false,
  });
  expect(result.latencyMs).toBeGreaterThanOrEqual(result.waitMs);
  expect(worker.counters()).toMatchObject({ runs: 1, completed: 1, promptTokens: 3, completionTokens: 2 });
  expect(worker.status()).toMatchObject([{ name: "tiny", provider: "test", breaker: "closed" }]);
});

redisTest("a stream's deltas are the provider's chunks, with seqs without a gap, and joined they are the answer", async ({ redis }) => {
  const chunks = Array.from({ length: 200 }, (_, i) => `word${i} `);
  await using client = await TestClient.connect(redis);
  await using _worker = await startTestWorker(redis, { backends: { tiny: speaks(...chunks) } });
  const job = await client.submit({ models: ["tiny"], streamed: true });
  const result = resultOf(await job.outcome);
  const stored = await readStream(client.context, job.id, 0);
  expect(stored.map(({ seq }) => seq)).toEqual(stored.map((_, i) => i + 1));
  expect(stored.map(({ type }) => type).filter((type) => type !== "delta")).toEqual(["queued", "started", "completed"]);
  expect(stored.flatMap(({ delta }) => delta?.text ?? [])).toEqual(chunks);
  expect(textOf(stored)).toBe(result.content);
  expect(stored.findLast(({ delta }) => delta)?.delta).toMatchObject({ finishReason: "stop", epoch: 1 });
  // What was sent live is the same.
  expect(textOf(job.events())).toBe(result.content);
});

redisTest("who waits for a long streamed answer is told its end without the text, which the record has", async ({ redis }) => {
  const chunks = Array.from({ length: 2_000 }, (_, i) => `word number ${i} `);
  await using client = await TestClient.connect(redis);
  await using _worker = await startTestWorker(redis, { backends: { tiny: speaks(...chunks) } });
  const job = await client.submit({ models: ["tiny"], streamed: true });
  const told = resultOf(await job.outcome);
  expect(told).toMatchObject({ content: "", modelUsed: "tiny", usage: { totalTokens: 2_003 }, attempts: [{ outcome: "completed" }] });
  expect((await readStatus(client.context, job.id))?.outcome).toMatchObject({ result: { ...told, content: chunks.join("") } });
  expect(textOf(job.events())).toBe(chunks.join(""));
  const plain = await client.submit({ models: ["tiny"] });
  expect(resultOf(await plain.outcome).content).toBe(chunks.join(""));
});

redisTest("a plain request writes no stream", async ({ redis }) => {
  await using client = await TestClient.connect(redis);
  await using _worker = await startTestWorker(redis, { backends: { tiny: speaks("a", "b") } });
  const job = await client.submit({ models: ["tiny"] });
  expect(resultOf(await job.outcome).content).toBe("ab");
  expect(await readStream(client.context, job.id, 0)).toEqual([]);
  expect((await readHistory(client.context, job.id))?.map(({ type }) => type)).toEqual(["queued", "started", "completed"]);
});

redisTest("the backend gets the request with prompt, system and images folded in, and the model's defaults", async ({ redis }) => {
  const seen: BackendRequest[] = [];
  const backend = streams(async function* (request) {
    seen.push(request);
    yield { text: "ok", finishReason: "stop" };
  });
  await using client = await TestClient.connect(redis);
  await using _worker = await startTestWorker(redis, {
    backends: { eyes: backend },
    config: { models: { eyes: { provider: "test", model: "llava:7b", defaultTemperature: 0.2 } } },
  });
  const request = {
    prompt: "What is this?",
    system: "Be brief.",
    images: ["iVBORw0KGgo="],
    stop: "END",
    maxTokens: 9,
    priority: "high",
    metadata: { a: 1 },
  };
  resultOf(await (await client.submit({ models: ["eyes"], request })).outcome);
  expect(seen).toEqual([
    {
      model: "llava:7b",
      messages: [
        { role: "system", content: "Be brief." },
        {
          role: "user",
          content: [
            { type: "text", text: "What is this?" },
            { type: "image_url", image_url: { url: "data:image/png;base64,iVBORw0KGgo=" } },
          ],
        },
      ],
      prompt: "What is this?",
      system: "Be brief.",
      images: ["iVBORw0KGgo="],
      temperature: 0.2,
      stop: ["END"],
      maxTokens: 9,
    },
  ]);
});

redisTest("a backend that only generates answers a stream too", async ({ redis }) => {
  await using client = await TestClient.connect(redis);
  const backend = { generate: async () => ({ content: "whole", usage: { promptTokens: 1, completionTokens: 1, totalTokens: 2 } }) };
  await using _worker = await startTestWorker(redis, { backends: { tiny: backend } });
  const job = await client.submit({ models: ["tiny"], streamed: true });
  expect(resultOf(await job.outcome)).toMatchObject({ content: "whole", finishReason: "stop" });
  expect(textOf(await readStream(client.context, job.id, 0))).toBe("whole");
});

redisTest("a content filter is an answer, not a failure", async ({ redis }) => {
  await using client = await TestClient.connect(redis);
  const backend = streams(async function* () {
    yield { text: "I", finishReason: "content_filter" };
  });
  await using worker = await startTestWorker(redis, { backends: { tiny: backend } });
  expect(resultOf(await (await client.submit({ models: ["tiny"] })).outcome)).toMatchObject({
    content: "I",
    finishReason: "content_filter",
  });
  expect(worker.counters()).toMatchObject({ completed: 1, failed: {} });
});

redisTest("a job of a version that this worker cannot read fails with the fix", async ({ redis }) => {
  await using client = await TestClient.connect(redis);
  await using _worker = await startTestWorker(redis, { backends: { tiny: speaks("never") } });
  const error = errorOf(await (await client.submit({ models: ["tiny"], job: { v: 7 } })).outcome);
  expect(error).toMatchObject({ code: "SCHEMA_MISMATCH", model: "tiny" });
  expect(error.message).toContain("version 7, this worker reads 1; upgrade this worker");
});
