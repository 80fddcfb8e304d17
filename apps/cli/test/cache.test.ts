import { startSimulator } from "@llm-router/simulator";
import { eventually, redisTest } from "@llm-router/testkit";
import { LLMRouter } from "llm-router";
import { expect } from "vitest";
import { runCli } from "./cli.ts";

redisTest("the cache is shown, purged by id, model and as a whole, and wrong answers are reported", async ({ redis }) => {
  const run = (...args: string[]) => runCli(["cache", ...args, "--redis", redis.url, "--namespace", redis.namespace]);
  const key = (part: string) => `{${redis.namespace}}:${part}`;
  await using simulator = await startSimulator();
  await using router = new LLMRouter({ redis: redis.url, namespace: redis.namespace });
  const model = { provider: "ollama", model: "m", baseUrl: simulator.url };
  router.enableCache().addModel("one", model).addModel("two", model);
  const ask = (prompt: string, name = "one") => router.generate({ prompt, model: name, temperature: 0 });
  const made = [await ask("a"), await ask("b"), await ask("c"), await ask("c", "two"), await ask("d", "two")];
  await eventually(async () => expect(await redis.admin.zcard(key("x"))).toBe(5));
  const hit = await ask("a");
  expect(hit.cached).toBe("exact");
  // What a hit of the semantic tier leaves behind.
  const [entry = ""] = await redis.admin.zrange(key("x"), "0", "0");
  const served = { entry, asked: "who is b?", cached: "b", similarity: 0.93, verifierScore: 1.5 };
  await redis.admin.set(key("xr:c.semantic"), JSON.stringify(served), "PX", 60_000);

  const [shown, wrong, none, refused] = await Promise.all([
    run("stats", "--json"),
    run("report", "c.semantic"),
    run("report", "c.unknown"),
    run("purge", "--all", "--model", "one"),
  ]);
  expect(JSON.parse(shown.out)).toMatchObject({ hits: { exact: 1, semantic: 0 }, stored: 5 });
  expect(wrong).toMatchObject({ code: 0, out: 'purged\nkept: "who is b?" is not "b"' });
  expect(none).toMatchObject({ code: 1, errors: [expect.stringContaining("UNKNOWN_REQUEST")] });
  expect(refused).toMatchObject({ code: 1, errors: [expect.stringContaining("one of them")] });

  const [pairs, byHit, byModel] = await Promise.all([
    run("pairs"),
    run("purge", hit.id, made[2]?.id ?? ""),
    run("purge", "--model", "two"),
  ]);
  expect(JSON.parse(pairs.out)).toMatchObject({ a: "b", b: "who is b?", same: false, requestId: "c.semantic", similarity: 0.93 });
  // The entry of the hit may be the one that was reported.
  expect(byHit.out).toMatch(/^[12] purged$/);
  expect(byModel.out).toBe("2 purged");
  const [rest, table] = [await run("purge", "--all"), await run("stats")];
  expect(rest.out).toMatch(/^[01] purged$/);
  expect(table.out).toMatch(
    /^entries +0, 0 bytes\nhits +1 exact, 0 semantic.*\nanswers +5 stored, 0 evicted, 0 expired, 5 purged, 1 reported as wrong/,
  );
});
