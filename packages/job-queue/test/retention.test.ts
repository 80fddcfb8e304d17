import { redisTest } from "@llm-router/testkit";
import { expect } from "vitest";
import { attachRequest, readStatus } from "../src/index.ts";
import { openQueues, type QueueFixture, success } from "./queue-fixture.ts";

async function setRetention(queues: QueueFixture, retention: object): Promise<void> {
  await queues.admin.hset(queues.keys.config, "retention", JSON.stringify(retention));
}

async function complete(queues: QueueFixture, id: string, input: Parameters<QueueFixture["place"]>[1] = {}): Promise<void> {
  await queues.place(id, input);
  await queues.finish(await queues.take("a"), {});
}

redisTest("beyond the budget of bytes the outcomes that would expire first go early, and say so", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a");
  const size = success("x0").length;
  for (const id of ["x0", "x1", "x2", "x3"]) await complete(queues, id);
  expect(Number(await redis.admin.get(`${queues.keys.prefix}:outcome-bytes`))).toBe(4 * size);
  await setRetention(queues, { maxOutcomeBytes: 2 * size });
  await queues.reap();
  expect(Number(await redis.admin.get(`${queues.keys.prefix}:outcome-bytes`))).toBe(2 * size);
  await expect(attachRequest(queues.context, "x0", "c2")).rejects.toMatchObject({ code: "RESULT_EXPIRED", id: "x0" });
  expect(await attachRequest(queues.context, "x3", "c2")).toMatchObject({ kind: "settled" });
  expect((await readStatus(queues.context, "x0"))?.state).toBe("completed");
});

redisTest("a repeated idempotency key whose outcome went early calls no model", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a");
  await complete(queues, "x0", { idempotencyKey: "k" });
  await setRetention(queues, { maxOutcomeBytes: 1 });
  await queues.reap();
  await expect(queues.place("x1", { idempotencyKey: "k" })).rejects.toMatchObject({ code: "RESULT_EXPIRED" });
  expect(await queues.depth("a")).toBe(0);
});

redisTest("outcomes that expired by themselves are no longer counted", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a");
  await complete(queues, "x0");
  const [entry = ""] = await redis.admin.zrange(`${queues.keys.prefix}:outcomes`, "0", "0");
  await redis.admin.zadd(`${queues.keys.prefix}:outcomes`, "1", entry);
  await queues.reap();
  expect(await redis.admin.get(`${queues.keys.prefix}:outcome-bytes`)).toBe("0");
  expect(await redis.admin.exists(`${queues.keys.prefix}:outcomes`)).toBe(0);
});

redisTest("dead letters go by count, the oldest first, and by age", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await queues.model("a");
  for (const id of ["d0", "d1", "d2"]) {
    await queues.place(id);
    await queues.finish(await queues.take("a"), { mode: "fail", json: JSON.stringify({ state: "failed", id }) });
  }
  const dead = `${queues.keys.prefix}:dead`;
  await redis.admin.zadd(dead, "XX", "1", "d0", "2", "d1");
  await setRetention(queues, { maxDeadLetters: 2, deadLetterTtlMs: 10 ** 15 });
  await queues.reap();
  expect(await redis.admin.zrange(dead, "0", "-1")).toEqual(["d1", "d2"]);
  await setRetention(queues, { maxDeadLetters: 2, deadLetterTtlMs: 60_000 });
  await queues.reap();
  expect(await redis.admin.zrange(dead, "0", "-1")).toEqual(["d2"]);
  expect(await redis.admin.exists(queues.keys.record("d0"), `${queues.keys.queue("a")}:d0`)).toBe(0);
  expect(await redis.admin.exists(`${queues.keys.queue("a")}:d2`)).toBe(1);
});
