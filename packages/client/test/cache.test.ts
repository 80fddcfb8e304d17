import { connectClient } from "@llm-router/client";
import { createKeys } from "@llm-router/contracts";
import { connectRedis, createQueueContext, whenReady } from "@llm-router/job-queue";
import { redisTest } from "@llm-router/testkit";
import { expect } from "vitest";

redisTest("answers are purged by id, by model and all; what is not there is said so", async ({ redis }) => {
  await using client = await connectClient({ redis: redis.url, namespace: redis.namespace });
  const connection = connectRedis({ url: redis.url }, "commands");
  await whenReady(connection, 10_000);
  const context = createQueueContext(connection, createKeys(redis.namespace));
  for (const entry of ["a:one", "b:one", "c:two", "d:two"]) {
    await context.run("cache-put", [entry, JSON.stringify({ content: "x", sourceRequestId: `c.${entry[0]}` }), 60_000, 10]);
  }
  connection.disconnect();
  expect(await client.cache.stats()).toMatchObject({ entries: 4, stored: 4 });
  expect(await client.cache.purge({ id: "c.unknown" })).toBe(0);
  await expect(client.cache.report("c.unknown")).rejects.toMatchObject({ code: "UNKNOWN_REQUEST", id: "c.unknown" });
  expect(await client.cache.purge({ id: "c.a" })).toBe(1);
  expect(await client.cache.report("c.c")).toEqual({ entry: "c:two", purged: true, pair: undefined });
  expect(await client.cache.purge({ model: "one" })).toBe(1);
  expect(await client.cache.purge({ all: true })).toBe(1);
  expect(await client.cache.stats()).toMatchObject({ entries: 0, bytes: 0, purged: 4, reported: 0 });
  expect(await client.cache.reportedPairs()).toEqual([]);
});
