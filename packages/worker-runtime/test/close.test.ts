import { redisTest, spawnNode } from "@llm-router/testkit";
import { expect } from "vitest";

redisTest("a worker that has closed leaves no timer that keeps its process alive", async ({ redis }) => {
  const args = [redis.url, redis.namespace];
  await using program = spawnNode(new URL("close.fixture.ts", import.meta.url), { args });
  const [, heldMs] = await program.waitForLine(/^held (\d+)/);
  // ioredis's own timer is one of 2 s.
  expect(Number(heldMs)).toBeLessThan(1_500);
  expect(await program.exited).toEqual({ code: 0, signal: null });
});
