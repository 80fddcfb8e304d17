import { startLocalRedis } from "@llm-router/service-kit";
import { test } from "vitest";
import { newNamespace, removeNamespace } from "./namespace.ts";
import { connectAdmin, type RedisAccess } from "./test-redis.ts";

/**
 * A vitest `test` with `{ redis: { url, namespace, admin } }`: one redis-server per test file, started by the first test that
 * asks for it and stopped after the last, and a namespace per test, whose keys are deleted afterwards.
 * `LLMR_TEST_REDIS=redis://…` uses an existing Redis instead, in which only those keys are touched.
 */
export const redisTest = test
  // oxlint-disable-next-line no-empty-pattern -- vitest reads from this pattern which fixtures are needed
  .extend("redisUrl", { scope: "file" }, async ({}, { onCleanup }): Promise<string> => {
    const existing = process.env["LLMR_TEST_REDIS"];
    if (existing) return existing;
    const server = await startLocalRedis();
    onCleanup(() => server.stop());
    return server.url;
  })
  .extend("redis", async ({ redisUrl }, { onCleanup }): Promise<RedisAccess> => {
    const admin = connectAdmin(redisUrl);
    const namespace = newNamespace();
    onCleanup(async () => {
      await removeNamespace(admin, namespace);
      admin.disconnect();
    });
    return { url: redisUrl, namespace, admin };
  });
