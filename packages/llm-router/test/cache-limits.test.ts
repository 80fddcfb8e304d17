import { startSimulator } from "@llm-router/simulator";
import { eventually, redisTest, spawnNode } from "@llm-router/testkit";
import { expect } from "vitest";
import { newRouter, untilCached } from "./support.ts";

const hour = 3_600_000;

redisTest("an answer's time is absolute: use does not prolong it", async ({ redis }) => {
  await using simulator = await startSimulator();
  await using router = newRouter(redis);
  const ttlMs = 1_500;
  router.enableCache({ ttlHours: ttlMs / hour }).addModel("local", { provider: "ollama", model: "m", baseUrl: simulator.url });
  const request = { prompt: "What is Python?", temperature: 0 };
  await router.generate(request);
  await untilCached(redis, 1);
  const storedAt = performance.now();
  let hits = 0;
  // Asked again and again: a sliding time would never end.
  await eventually(
    async () => {
      const { cached } = await router.generate(request);
      if (cached === "exact") hits += 1;
      expect(cached).toBe(false);
    },
    { timeoutMs: 3 * ttlMs, intervalMs: 100 },
  );
  expect(hits).toBeGreaterThan(2);
  expect(performance.now() - storedAt).toBeGreaterThanOrEqual(ttlMs - 100);
});

redisTest("maxEntries evicts what was used least recently", async ({ redis }) => {
  await using simulator = await startSimulator();
  await using router = newRouter(redis);
  router.enableCache({ maxEntries: 3 }).addModel("local", { provider: "ollama", model: "m", baseUrl: simulator.url });
  const ask = async (prompt: string) => (await router.generate({ prompt, temperature: 0 })).cached;
  const store = async (prompt: string, count: number) => {
    expect(await ask(prompt)).toBe(false);
    await untilCached(redis, count);
    // Recency is counted in milliseconds: the next one is to be later.
    const [seconds = 0, micros = 0] = (await redis.admin.time()).map(Number);
    await eventually(async () => {
      const [s = 0, m = 0] = (await redis.admin.time()).map(Number);
      expect(s * 1_000 + m / 1_000).toBeGreaterThan(seconds * 1_000 + micros / 1_000 + 1);
    });
  };
  for (const [index, prompt] of ["a", "b", "c"].entries()) await store(prompt, index + 1);
  expect(await ask("a")).toBe("exact");
  const before = await redis.admin.zrange(`{${redis.namespace}}:x`, "0", "-1");
  expect(await ask("d")).toBe(false);
  await eventually(async () => expect(await redis.admin.zrange(`{${redis.namespace}}:x`, "0", "-1")).not.toEqual(before));
  await untilCached(redis, 3);
  const left = await Promise.all(
    ["a", "c", "d", "b"].map((prompt) =>
      router.generate({ prompt, temperature: 0, cache: "only" }).then(
        () => "kept",
        () => "gone",
      ),
    ),
  );
  expect(left).toEqual(["kept", "kept", "kept", "gone"]);
});

redisTest("two processes that store at once keep exactly maxEntries, and every entry that is counted is there", async ({ redis }) => {
  await using simulator = await startSimulator();
  await using router = newRouter(redis);
  await router
    .enableCache({ maxEntries: 20 })
    .addModel("local", { provider: "ollama", model: "m", baseUrl: simulator.url, concurrency: 8 })
    .start();
  const scripts = [0, 1].map((n) =>
    spawnNode(new URL("cache.fixture.ts", import.meta.url), { args: [redis.url, redis.namespace, simulator.url, String(n), "60"] }),
  );
  for (const script of scripts) expect(await script.exited).toEqual({ code: 0, signal: null });
  expect(simulator.stats.completed).toBe(120);
  const index = `{${redis.namespace}}:x`;
  await eventually(async () => {
    const writes = scripts.map((script) => Number(/stored (\d+)/.exec(script.stdout().join())?.[1]));
    expect(writes).toEqual([60, 60]);
    expect(await redis.admin.zcard(index)).toBe(20);
  });
  const members = await redis.admin.zrange(index, "0", "-1");
  const entries = await redis.admin.keys(`${index.replaceAll(/[{}]/g, "[$&]")}:*`);
  expect(entries.map((key) => key.slice(index.length + 1)).toSorted()).toEqual(members.toSorted());
});
