import { hashApiKey, newApiKey, apiKeyId } from "@llm-router/contracts";
import { redisTest } from "@llm-router/testkit";
import { expect, test } from "vitest";
import { addApiKey, countApiKeys, listApiKeys, readApiKey, removeApiKey, settleRate, takeRate } from "../src/index.ts";
import { openQueues, type QueueFixture } from "./queue-fixture.ts";

const sumKey = ({ keys }: QueueFixture) => `${keys.prefix}:rk:key:k:sum`;
const used = async (queues: QueueFixture) => Number((await queues.admin.hget(sumKey(queues), "tk")) ?? 0);

test("a key says its own id, whatever that looks like", () => {
  for (const id of ["a", "team-a", "x".repeat(64), "a_b.c-"]) {
    const { key, hash } = newApiKey(id);
    expect(apiKeyId(key)).toBe(id);
    expect(hash).toBe(hashApiKey(key));
    expect(hash).toMatch(/^sha256:[0-9a-f]{64}$/);
  }
  for (const other of ["", "sk-llmr-", "sk-other-abc", `sk-llmr-${"x".repeat(43)}`, `sk-llmr--${"x".repeat(43)}`])
    expect(apiKeyId(other)).toBeUndefined();
});

redisTest("keys are kept by their hash, listed, and gone once revoked", async ({ redis }) => {
  await using queues = await openQueues(redis);
  const { key, hash } = newApiKey("team-a");
  const kept = { id: "team-a", hash, tenant: "a", admin: false, rpm: 5, createdAt: 1 };
  expect(await addApiKey(queues.context, kept)).toBe(true);
  expect(await addApiKey(queues.context, { ...kept, tenant: "b" })).toBe(false);
  expect(await readApiKey(queues.context, "team-a")).toEqual(kept);
  expect(await listApiKeys(queues.context)).toEqual([kept]);
  expect(JSON.stringify(await queues.admin.hgetall(`${queues.keys.prefix}:keys`))).not.toContain(key.slice(-43));
  expect(await removeApiKey(queues.context, "team-a")).toBe(true);
  expect(await removeApiKey(queues.context, "team-a")).toBe(false);
  expect(await countApiKeys(queues.context)).toBe(0);
});

redisTest("exactly rpm requests pass in a window, and a resend takes no second place", async ({ redis }) => {
  await using queues = await openQueues(redis);
  const take = (member: string) => takeRate(queues.context, "k", { rpm: 3 }, { member, tokens: 10 });
  const waits = await Promise.all(["a", "b", "c", "d", "e"].map(take));
  expect(waits.filter((wait) => wait === 0)).toHaveLength(3);
  const refused = waits.find((wait) => wait > 0) ?? 0;
  expect(refused).toBeGreaterThan(50_000);
  expect(refused).toBeLessThanOrEqual(61_000);
  const granted = ["a", "b", "c", "d", "e"].find((_, index) => waits[index] === 0) ?? "";
  expect(await take(granted)).toBe(0);
  expect(await queues.admin.zcard(`${queues.keys.prefix}:rt:key:k`)).toBe(3);
});

redisTest("tokens are reserved, and settled to what was used", async ({ redis }) => {
  await using queues = await openQueues(redis);
  const take = (member: string, tokens: number) => takeRate(queues.context, "k", { tpm: 100 }, { member, tokens });
  expect(await take("a", 80)).toBe(0);
  expect(await take("b", 30)).toBeGreaterThan(0);
  await settleRate(queues.context, "k", { member: "a", tokens: 20 });
  expect(await used(queues)).toBe(20);
  expect(await take("b", 30)).toBe(0);
  await settleRate(queues.context, "k", { member: "b", tokens: 90 });
  expect(await used(queues)).toBe(110);
  expect(await take("c", 1)).toBeGreaterThan(0);
  await settleRate(queues.context, "k", { member: "unknown", tokens: 5 });
  expect(await used(queues)).toBe(110);
});

redisTest("what counts a rate goes by itself", async ({ redis }) => {
  await using queues = await openQueues(redis);
  await takeRate(queues.context, "k", { rpm: 5, tpm: 100 }, { member: "a", tokens: 10 });
  const keys = await queues.admin.keys(`${queues.keys.prefix}:*key:k*`);
  expect(keys).toHaveLength(3);
  for (const key of keys) {
    const ttlMs = await queues.admin.pttl(key);
    expect(ttlMs).toBeGreaterThan(0);
    expect(ttlMs).toBeLessThanOrEqual(122_000);
  }
});
