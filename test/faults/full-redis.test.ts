import { Client } from "@llm-router/client";
import { setTimeout as delay } from "node:timers/promises";
import { startSimulator } from "@llm-router/simulator";
import { eventually, startTestRedis, type TestRedis } from "@llm-router/testkit";
import { expect, test } from "vitest";
import { startCluster } from "@llm-router/bench/scenarios/cluster";

/** Less than an empty Redis needs. */
const fill = (redis: TestRedis) => redis.admin.config("SET", "maxmemory", "1");
const makeRoom = (redis: TestRedis) => redis.admin.config("SET", "maxmemory", "0");

/** What processes asked of Redis: scripts, and the commands that block. Refused ones count. */
async function countCommands(redis: TestRedis): Promise<number> {
  const text = await redis.admin.info("commandstats");
  const stats = text.matchAll(/^cmdstat_(?:fcall|bzpopmin|xread):calls=(\d+).*rejected_calls=(\d+)/gm);
  return [...stats].reduce((sum, [, calls, rejected]) => sum + Number(calls) + Number(rejected), 0);
}

test("a full Redis: new work is refused, what was accepted is answered whole, nobody spins, and it recovers by itself", async () => {
  await using redis = await startTestRedis();
  await using simulator = await startSimulator({ models: ["m"], tokensPerSecond: 40, tokens: 12 });
  await using cluster = await startCluster({
    redis,
    workers: 2,
    config: {
      models: {
        m: { provider: "ollama", model: "m", baseUrl: simulator.url, concurrency: 2 },
        idle: { provider: "ollama", model: "m", baseUrl: simulator.url, concurrency: 2 },
      },
    },
  });
  const { client } = cluster;
  const jobs = await client.enqueueMany(Array.from({ length: 6 }, (_, n) => ({ prompt: `[[o${n}]]`, model: "m", stream: n % 2 === 0 })));
  await simulator.waitForCall(({ tokensSent }) => tokensSent >= 2);
  await fill(redis);
  await expect(client.generate({ prompt: "[[no]]" })).rejects.toMatchObject({ code: "REDIS_FULL" });
  // A process that comes now learns it as clearly.
  await using late = new Client({ redis: redis.url, namespace: redis.namespace });
  await expect(late.generate({ prompt: "[[no]]" })).rejects.toMatchObject({ code: "REDIS_FULL" });
  const results = await Promise.all(jobs.map((job) => (job.ok ? job.job.result() : Promise.reject(job.error))));
  expect(results.map(({ content }) => content.split(" ").length)).toEqual(results.map(() => 12));
  for (const [n, { content, attempts }] of results.entries()) {
    expect(content).toContain(`[[o${n}]]`);
    expect(attempts.map(({ outcome }) => outcome)).toEqual(["completed"]);
  }
  expect(simulator.calls()).toHaveLength(6);
  const before = await countCommands(redis);
  await delay(2_000); // the time in which commands are counted
  // Three processes reap four times a second; two beat and recover every other second.
  expect((await countCommands(redis)) - before).toBeLessThan(3 * 40);
  // A worker that dies now is replaced by one that can start.
  await cluster.workers[0]?.kill9();
  await cluster.addWorker();
  await makeRoom(redis);
  expect((await client.generate({ prompt: "[[again]]" })).content).toContain("[[again]]");
  expect((await late.generate({ prompt: "[[late]]" })).content).toContain("[[late]]");
  await eventually(async () => expect(await client.getStats()).toMatchObject({ accepted: 8, successes: 8, totalRequests: 8 }));
});
