import { expect } from "vitest";
import { redisTest, removeNamespace } from "@llm-router/testkit";

const seen: { url: string; namespace: string }[] = [];

redisTest("a test gets a running Redis with the settings llm-router asks for", async ({ redis }) => {
  seen.push(redis);
  expect(await redis.admin.info("memory")).toContain("maxmemory_policy:noeviction");
  expect(await redis.admin.info("persistence")).toContain("aof_enabled:1");
  await redis.admin.set(`{${redis.namespace}}:left-behind`, "1");
});

redisTest("the next test shares the server, has its own namespace and finds nothing left", async ({ redis }) => {
  const before = seen[0];
  expect(before?.url).toBe(redis.url);
  expect(before?.namespace).not.toBe(redis.namespace);
  expect(await redis.admin.exists(`{${before?.namespace}}:left-behind`)).toBe(0);
});

redisTest("removing a namespace leaves the others alone", async ({ redis }) => {
  const other = `{${redis.namespace}x}:key`;
  await redis.admin.mset({ [`{${redis.namespace}}:key`]: "1", [other]: "1" });
  await removeNamespace(redis.admin, redis.namespace);
  expect(await redis.admin.exists(`{${redis.namespace}}:key`)).toBe(0);
  expect(await redis.admin.unlink(other)).toBe(1);
});
