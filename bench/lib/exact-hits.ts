import { Client } from "@llm-router/client";
import { cacheKey } from "@llm-router/contracts";
import { define, outcomeOfCached, readCachedAnswer } from "@llm-router/job-queue";
import { oneByOne } from "./load.ts";
import { connectOurs, defineModels } from "./our-namespace.ts";
import { namespace, promptOf } from "./setup.ts";

export interface ExactHits extends AsyncDisposable {
  /** Times of `count` hits as their caller sees them, from the call of generate() to the result, ms. What they leave to be booked is waited for after that. */
  hits(count: number): Promise<number[]>;
  /** The part of it that goes to Redis: the answer is read and made an outcome. */
  lookups(count: number): Promise<number[]>;
  /** A bare GET of the same answer. */
  gets(count: number): Promise<number[]>;
}

/** A namespace whose cache has an answer of about 1 kB to a question of 200 bytes, and who reads it. */
export async function openExactHits(port: number): Promise<ExactHits> {
  const ours = await connectOurs(port);
  const model = "m";
  await defineModels(ours, { names: [model], concurrency: 1, maxQueueDepth: 1 });
  await define(ours, { field: "cache", json: JSON.stringify({ enabled: true }) }, { holder: "bench", apply: false });
  const request = { prompt: promptOf(200), temperature: 0 };
  const key = cacheKey(request);
  const usage = { promptTokens: 1, completionTokens: 1, totalTokens: 2 };
  const answer = { content: promptOf(1_000), modelUsed: model, usage, finishReason: "stop", sourceRequestId: "c.source" };
  await ours.run("cache-put", [`${key}:${model}`, JSON.stringify(answer), 3_600_000, 10_000]);
  const client = new Client({ redis: `redis://127.0.0.1:${port}`, namespace });
  const name = `${ours.keys.prefix}:x:${key}:${model}`;
  const hit = async () => {
    const { cached } = await client.generate(request);
    if (cached !== "exact") throw new Error("no hit");
  };
  const lookup = async () => {
    const found = await readCachedAnswer(ours, key, [model]);
    if (!found) throw new Error("no answer");
    JSON.parse(outcomeOfCached("c.id", found));
  };
  const get = async () => {
    if ((await ours.redis.get(name)) === null) throw new Error("no answer");
  };
  return {
    async hits(count) {
      const times = await oneByOne(hit, count);
      await client.getStats();
      return times;
    },
    lookups: (count) => oneByOne(lookup, count),
    gets: (count) => oneByOne(get, count),
    async [Symbol.asyncDispose]() {
      await client.close();
      await ours[Symbol.asyncDispose]();
    },
  };
}
