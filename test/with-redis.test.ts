import { redisTest, spawnNode } from "@llm-router/testkit";
import { expect, test } from "vitest";

const script = new URL("../scripts/with-redis.mjs", import.meta.url);
const user = "test/fixtures/use-redis.ts";
const ready = /^ready (\S+) (\S+) (.*)$/;

test("without REDIS_URL a command gets a Redis of its own, one signal, and its exit code through", async () => {
  await using child = spawnNode(script, { args: [user, "--json"], env: { REDIS_URL: undefined, LLMR_NAMESPACE: undefined } });
  const [, url, namespace, args] = await child.waitForLine(ready);
  expect({ namespace, args }).toEqual({ namespace: "llmr", args: "--json" });
  child.signal("SIGTERM");
  child.signal("SIGTERM"); // as Ctrl-C below npm arrives: once directly, once forwarded
  expect(await child.exited).toEqual({ code: 7, signal: null });
  expect(child.stdout().filter((line) => line.startsWith("signal"))).toEqual(["signal 1"]);
  await expect(fetch(`http://${new URL(url ?? "").host}`)).rejects.toThrow(/fetch failed/);
});

redisTest("with REDIS_URL it gets a namespace of its own, which alone is removed at the end", async ({ redis }) => {
  const bystander = `{${redis.namespace}}:kept`;
  await redis.admin.set(bystander, "1");
  await using child = spawnNode(script, { args: [user], env: { REDIS_URL: redis.url } });
  const [, url, namespace] = await child.waitForLine(ready);
  expect(new URL(url ?? "").port).toBe(new URL(redis.url).port);
  expect(namespace).toMatch(/^llmr-demo-[0-9a-f]{8}$/);
  expect(await redis.admin.exists(`{${namespace}}:key`)).toBe(1);
  await child.stop();
  expect(await redis.admin.exists(`{${namespace}}:key`)).toBe(0);
  expect(await redis.admin.exists(bystander)).toBe(1);
});

redisTest("a namespace that the user named is used and kept", async ({ redis }) => {
  await using child = spawnNode(script, { args: [user], env: { REDIS_URL: redis.url, LLMR_NAMESPACE: redis.namespace } });
  await child.waitForLine(ready);
  await child.stop();
  expect(await redis.admin.exists(`{${redis.namespace}}:key`)).toBe(1);
});

test("an unreachable REDIS_URL is one clear sentence, without its password", async () => {
  await using child = spawnNode(script, { args: [user], env: { REDIS_URL: "redis://:hunter2@127.0.0.1:1" } });
  expect((await child.exited).code).toBe(1);
  expect(child.stderr()).toEqual([
    expect.stringMatching(/cannot reach redis:\/\/:\*\*\*@127\.0\.0\.1:1: .*ECONNREFUSED.*Correct REDIS_URL/),
  ]);
});
