import { RouterError } from "@llm-router/client";
import { startSimulator } from "@llm-router/simulator";
import { startTestRedis } from "@llm-router/testkit/processes";
import { inParallel, startCluster } from "./cluster.ts";
import { answeredRight, calledAgain, until } from "./scenario.ts";

/** Redis is killed -9 under 200 requests, and away for ten seconds. */
export async function redisAway() {
  await using redis = await startTestRedis();
  await using simulator = await startSimulator({ models: ["m"], latencyMs: 50, tokens: 3 });
  await using cluster = await startCluster({
    redis,
    workers: 2,
    config: { models: { m: { provider: "openai", model: "m", baseUrl: `${simulator.url}/v1`, concurrency: 8 } } },
  });
  const { client } = cluster;
  const jobs = await client.enqueueMany(Array.from({ length: 200 }, (_, n) => ({ prompt: `[[s${n}]]`, stream: n % 4 === 0 })));
  const results = Promise.all(jobs.map((job) => (job.ok ? job.job.result() : Promise.reject(job.error))));
  await until(() => simulator.stats.completed > 20, "20 answers");
  await redis.server.kill9();
  // Two calls that each wait their five seconds: Redis is away for ten.
  const refusals = await inParallel(2, 1, (n) =>
    client.generate({ prompt: `[[away${n}]]` }).then(
      () => "answered",
      (error: unknown) => (RouterError.is(error) ? error.code : String(error)),
    ),
  );
  const before = simulator.stats.received;
  await redis.server.restart();
  const backAt = performance.now();
  await until(() => simulator.stats.received > before, "a call after the restart", 60_000);
  const firstCallMs = Math.round(performance.now() - backAt);
  const answers = await results;
  const allAnsweredMs = Math.round(performance.now() - backAt);
  const after = await client.generate({ prompt: "[[back]]" });
  return {
    requests: 200,
    answered: answeredRight(answers, "s"),
    lost: 200 - answers.length,
    refusals,
    calledAgain: calledAgain(simulator.calls()),
    firstCallMs,
    allAnsweredMs,
    worksAgain: after.content.includes("[[back]]"),
  };
}
