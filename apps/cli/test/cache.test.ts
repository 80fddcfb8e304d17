import { startSimulator } from "@llm-router/simulator";
import { eventually, redisTest } from "@llm-router/testkit";
import { LLMRouter } from "llm-router";
import { expect, test } from "vitest";
import { type CacheStats, Client } from "@llm-router/client";
import { formatCacheStats } from "../src/format-cache.ts";
import { formatStatus } from "../src/format-status.ts";
import { runCli } from "./cli.ts";

redisTest("the cache is shown, purged by id, model and as a whole, and wrong answers are reported", async ({ redis }) => {
  const run = (...args: string[]) => runCli(["cache", ...args, "--redis", redis.url, "--namespace", redis.namespace]);
  const key = (part: string) => `{${redis.namespace}}:${part}`;
  await using simulator = await startSimulator();
  await using router = new LLMRouter({ redis: redis.url, namespace: redis.namespace });
  const model = { provider: "ollama", model: "m", baseUrl: simulator.url };
  router.enableCache({ semantic: false }).addModel("one", model).addModel("two", model);
  const ask = (prompt: string, name = "one") => router.generate({ prompt, model: name, temperature: 0 });
  const made = [await ask("a"), await ask("b"), await ask("c"), await ask("c", "two"), await ask("d", "two")];
  await eventually(async () => expect(await redis.admin.zcard(key("x"))).toBe(5));
  const hit = await ask("a");
  expect(hit.cached).toBe("exact");
  await router.generate({ prompt: "a", temperature: 1 });
  await eventually(async () => expect(await redis.admin.hget(key("cache-stats"), "miss:temperature")).toBe("1"));
  // What a hit of the semantic tier leaves behind.
  const [entry = ""] = await redis.admin.zrange(key("x"), "0", "0");
  const served = { entry, asked: "who is b?", cached: "b", similarity: 0.93, verifierScore: 1.5 };
  await redis.admin.set(key("xr:c.semantic"), JSON.stringify(served), "PX", 60_000);

  const [shown, wrong, refused] = await Promise.all([
    run("stats", "--json"),
    run("report", "c.semantic"),
    run("purge", "--all", "--model", "one"),
  ]);
  expect(JSON.parse(shown.out)).toMatchObject({ hits: { exact: 1, semantic: 0 }, misses: { "not-stored": 5, temperature: 1 }, stored: 5 });
  expect(wrong).toMatchObject({ code: 0, out: 'purged\nkept: "who is b?" is not "b"' });
  expect(refused).toMatchObject({ code: 1, errors: [expect.stringContaining("one of them")] });

  const [pairs, byId, byModel] = await Promise.all([run("pairs"), run("purge", hit.id, made[2]?.id ?? ""), run("purge", "--model", "two")]);
  expect(JSON.parse(pairs.out)).toMatchObject({ a: "b", b: "who is b?", same: false, requestId: "c.semantic", similarity: 0.93 });
  // The oldest entry, which was reported, is none of these two.
  expect(byId.out).toBe("2 purged");
  expect(byModel.out).toBe("2 purged");
  expect(await redis.admin.zcard(key("x"))).toBe(0);
});

test("the table for a person leaves out what there was not", () => {
  const stats: CacheStats = {
    entries: 2,
    bytes: 12_345,
    hits: { exact: 3, semantic: 1 },
    misses: { "no-candidate": 4 },
    rejections: {},
    verifierScores: { count: 0, mean: 0 },
    lookups: { count: 5, meanMs: 12.34, buckets: [] },
    stored: 2,
    evicted: 0,
    expired: 0,
    purged: 0,
    reported: 0,
  };
  expect(formatCacheStats(stats)).toBe(
    `entries   2, 12.3 kB
hits      3 exact, 1 semantic (50 % of 8)
answers   2 stored, 0 evicted, 0 expired, 0 purged, 0 reported as wrong
lookups   5 semantic, 12.3 ms on average

miss          count
no-candidate  4`,
  );
});

redisTest("the status says how the workers' semantic caches are", async ({ redis }) => {
  await using client = new Client({ redis: redis.url, namespace: redis.namespace, env: {} });
  const status = formatStatus(
    await client.getStats(),
    [],
    [
      { state: "on", store: { ok: true } },
      { state: "on", store: { ok: false, detail: "no answer within 100 ms" } },
      { state: "exact-only", detail: "there are no weights in /x" },
      { state: "on", store: { ok: true } },
      { state: "off", detail: "it is switched off" },
    ],
  );
  expect(status.split("\n")[1]).toBe(
    "semantic  on (2 workers); on, its store does not answer: no answer within 100 ms (1 worker); exact-only: there are no weights in /x (1 worker); off (1 worker)",
  );
});
