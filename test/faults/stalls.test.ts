import type { Delta } from "@llm-router/contracts";
import { Client, type JobHandle } from "@llm-router/client";
import { startSimulator } from "@llm-router/simulator";
import { eventually, redisTest, spawnNode } from "@llm-router/testkit";
import { expect } from "vitest";
import { startCluster } from "../main-job/cluster.ts";

/** Everything that a live reader is given, which is what a late one is given at the end. */
function read(job: JobHandle): Promise<Delta[]> {
  const reading = (async () => {
    const live = await Array.fromAsync(job.deltas());
    expect(await Array.fromAsync(job.deltas())).toEqual(live);
    return live;
  })();
  reading.catch(() => undefined); // for who awaits it, later
  return reading;
}

/** The text after the last restart, which is the whole answer. */
const finalText = (deltas: readonly Delta[]): string =>
  deltas
    .slice(deltas.findLastIndex(({ restart }) => restart) + 1)
    .map(({ text = "" }) => text)
    .join("");

function expectOneAnswer(deltas: readonly Delta[], content: string): void {
  const seqs = deltas.map(({ seq }) => seq);
  expect(seqs).toEqual([...new Set(seqs)].toSorted((a, b) => a - b));
  // No delta of an older run after the first one of a newer.
  const epochs = deltas.map(({ epoch }) => epoch);
  expect(epochs).toEqual(epochs.toSorted((a, b) => a - b));
  expect(new Set(epochs).size).toBe(2);
  expect(finalText(deltas)).toBe(content);
}

redisTest("a worker stopped for longer than its locks: another one answers, and what the zombie says is void", async ({ redis }) => {
  await using simulator = await startSimulator({ models: ["m"], tokensPerSecond: 4, tokens: 200 });
  await using cluster = await startCluster({
    redis,
    config: { models: { m: { provider: "ollama", model: "m", baseUrl: simulator.url, concurrency: 4 } } },
  });
  const [zombie] = cluster.workers;
  const jobs = await Promise.all([0, 1, 2, 3].map((n) => cluster.client.enqueue({ prompt: `[[z${n}]]`, timeoutMs: 60_000 })));
  const reading = jobs.map(read);
  await simulator.waitForCall(({ marker, tokensSent }) => marker === "z3" && tokensSent >= 2);
  zombie?.signal("SIGSTOP");
  // From now on answers are short; those under way at the zombie go on at four tokens a second.
  await simulator.control({ tokensPerSecond: 0, tokens: 8 });
  await cluster.addWorker();
  const results = await Promise.all(jobs.map((job) => job.result()));
  const before = await Promise.all(jobs.map((job) => job.history()));
  zombie?.signal("SIGCONT");
  // Its calls, which were still under way, are given up.
  await eventually(() => expect(simulator.stats.underWay).toBe(0), { timeoutMs: 5_000 });
  const calls = simulator.calls();
  expect(calls.filter(({ outcome }) => outcome === "aborted").map(({ marker }) => marker)).toEqual(["z0", "z1", "z2", "z3"]);
  expect(calls).toHaveLength(8);
  for (const [n, deltas] of (await Promise.all(reading)).entries()) expectOneAnswer(deltas, results[n]?.content ?? "");
  for (const { attempts } of results) expect(attempts.map(({ outcome }) => outcome)).toEqual(["worker-lost", "completed"]);
  // Also after the zombie's last words: nothing was added to what is known of the requests.
  expect(await Promise.all(jobs.map((job) => job.history()))).toEqual(before);
  expect(await cluster.client.getStats()).toMatchObject({ accepted: 4, totalRequests: 4, successes: 4, recovered: 4 });
  // It takes work again.
  await cluster.workers[1]?.kill9();
  expect((await cluster.client.generate({ prompt: "[[again]]", timeoutMs: 30_000 })).content).toContain("[[again]]");
});

redisTest("a worker whose event loop stood still for longer than its locks: the same, and its runs are aborted", async ({ redis }) => {
  const env = { REDIS_URL: redis.url, LLMR_NAMESPACE: redis.namespace };
  const script = new URL("processes/blocking-worker.ts", import.meta.url);
  await using stalled = spawnNode(script, { env, args: ["stalled", "9500"] });
  await stalled.waitForLine(/serving/);
  await using client = new Client({ redis: redis.url, namespace: redis.namespace });
  const jobs = [await client.enqueue({ prompt: "one" }), await client.enqueue({ prompt: "two" })];
  const reading = jobs.map(read);
  await stalled.waitForLine(/^blocking/);
  await using other = spawnNode(script, { env, args: ["other"] });
  await stalled.waitForLine(/unblocked/, 20_000);
  await stalled.waitForLine(/^aborted one/, 5_000);
  await stalled.waitForLine(/^aborted two/, 5_000);
  const results = await Promise.all(jobs.map((job) => job.result()));
  expect(results.map(({ content }) => content)).toEqual(["other one", "other two"]);
  for (const [n, deltas] of (await Promise.all(reading)).entries()) expectOneAnswer(deltas, results[n]?.content ?? "");
  for (const { attempts } of results) expect(attempts.map(({ outcome }) => outcome)).toEqual(["worker-lost", "completed"]);
  expect([...stalled.stdout(), ...other.stdout()].filter((line) => line.startsWith("called"))).toHaveLength(4);
  expect(await client.getStats()).toMatchObject({ accepted: 2, totalRequests: 2, successes: 2, recovered: 2 });
});
