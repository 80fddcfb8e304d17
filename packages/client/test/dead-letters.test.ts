import { connectClient } from "@llm-router/client";
import { redisTest } from "@llm-router/testkit";
import { expect } from "vitest";
import { startScriptedWorker } from "./scripted-worker.ts";

/** Two models: `bad` fails whatever it is asked, `good` answers. */
const models = { bad: { provider: "custom", model: "bad" }, good: { provider: "custom", model: "good" } };
const script = async ({ model }: { model: string }) => {
  if (model === "bad") throw new Error("no such option");
  return "good answer";
};

redisTest("failed requests are dead letters: listed by model, class and code, newest first", async ({ redis }) => {
  await using _worker = await startScriptedWorker(redis, script, models);
  await using client = await connectClient({ redis: redis.url, namespace: redis.namespace });
  const first = await client.enqueue({ prompt: "one", model: "bad", priority: "high", tenant: "t1" });
  await first.outcome();
  const second = await client.enqueue({ prompt: "two", model: "bad", priority: "low" });
  await second.outcome();
  await client.generate({ prompt: "three", model: "good" });
  const all = await client.deadLetters.list();
  expect(all.map(({ id }) => id)).toEqual([second.id, first.id]);
  expect(all[1]).toMatchObject({ model: "bad", class: "HIGH", code: "PROVIDER_REJECTED", message: "no such option", tenant: "t1" });
  expect(await client.deadLetters.list({ class: "low" })).toMatchObject([{ id: second.id }]);
  expect(await client.deadLetters.list({ code: "PROVIDER_REJECTED", tenant: "t1" })).toMatchObject([{ id: first.id }]);
  expect(await client.deadLetters.list({ model: "good" })).toEqual([]);
  expect(await client.deadLetters.list({}, 1)).toHaveLength(1);
});

redisTest("a dead letter is replayed under a new id, elsewhere if asked, and both know of each other", async ({ redis }) => {
  await using _worker = await startScriptedWorker(redis, script, models);
  await using client = await connectClient({ redis: redis.url, namespace: redis.namespace });
  const dead = await client.enqueue({ prompt: "one", model: "bad", priority: "high" });
  await dead.outcome();
  const replay = await client.deadLetters.replay(dead.id, { model: "good" });
  expect(replay.id).not.toBe(dead.id);
  expect((await replay.result()).content).toBe("good answer");
  expect((await replay.history())[0]).toMatchObject({ type: "queued", detail: { replayOf: dead.id, class: 1 } });
  expect(await client.deadLetters.list()).toMatchObject([{ id: dead.id, replayedBy: replay.id }]);
  await expect(client.deadLetters.replay(replay.id)).rejects.toMatchObject({ code: "UNKNOWN_REQUEST" });
});

redisTest("a purged dead letter is gone with its prompt", async ({ redis }) => {
  await using _worker = await startScriptedWorker(redis, script, models);
  await using client = await connectClient({ redis: redis.url, namespace: redis.namespace });
  const dead = await client.enqueue({ prompt: "a prompt to forget", model: "bad" });
  await dead.outcome();
  const kept = await client.enqueue({ prompt: "kept", model: "bad" });
  await kept.outcome();
  expect(await client.deadLetters.purge([dead.id, "nobody"])).toBe(1);
  expect((await client.deadLetters.list()).map(({ id }) => id)).toEqual([kept.id]);
  const keys = await redis.admin.keys(`{${redis.namespace}}:*${dead.id}*`);
  expect(keys).toEqual([]);
});

redisTest("an id whose outcome is too old to be kept answers RESULT_EXPIRED, one that never was UNKNOWN_REQUEST", async ({ redis }) => {
  await using _worker = await startScriptedWorker(redis, script, models);
  await using client = await connectClient({ redis: redis.url, namespace: redis.namespace });
  const { id } = await client.generate({ prompt: "hi", model: "good" });
  const [owner] = id.split(".");
  // The id says when it was made: this one two hours ago, and outcomes are kept for one.
  const madeAt = (Date.now() - 2 * 3_600_000).toString(16).padStart(12, "0");
  await expect(client.attach(`${owner}.${madeAt.slice(0, 8)}-${madeAt.slice(8)}-7000-8000-000000000000`).result()).rejects.toMatchObject({
    code: "RESULT_EXPIRED",
  });
  await expect(client.attach(`${id.slice(0, -4)}ffff`).status()).rejects.toMatchObject({ code: "UNKNOWN_REQUEST" });
});
