import { type OutageInput, startSimulator } from "@llm-router/simulator";
import { inParallel, startCluster } from "./cluster.ts";
import { answeredRight, type Stage, transitions, until, watchDepth } from "./scenario.ts";

/** The ways in which the first target of a route is down. */
export const outages: Record<string, OutageInput> = {
  "refuses connections": "refuse",
  "answers 500": { mode: "status", status: 500 },
  "answers 429 with Retry-After 5": { mode: "rate-limit", retryAfterSeconds: 5 },
  "hangs without a byte": "hang",
  "goes silent after 10 tokens": { mode: "stall-after", tokens: 10 },
};

/** 200 requests, 20 at once, half of them streams, at a route whose first target is down; concurrency 8 over two workers. */
export async function failingTarget(redis: Stage, outage: OutageInput) {
  await using first = await startSimulator({ models: ["dead"], tokens: 30, outage });
  await using second = await startSimulator({ models: ["alive"], tokens: 30 });
  const limits = { concurrency: 8, firstTokenTimeoutMs: 1_000, tokenGapTimeoutMs: 500 };
  await using cluster = await startCluster({
    redis,
    workers: 2,
    config: {
      models: {
        dead: { provider: "ollama", model: "dead", baseUrl: first.url, ...limits },
        alive: { provider: "openai", model: "alive", baseUrl: `${second.url}/v1`, concurrency: 8 },
      },
      routes: { normal: { targets: ["dead"], fallback: ["alive"] } },
    },
  });
  const startedAt = performance.now();
  const answers = await inParallel(200, 20, async (n) => {
    const prompt = `Say something about [[r${n}]].`;
    if (n % 2 === 0) return { content: (await cluster.client.generate({ prompt })).content, isWhole: true };
    const stream = cluster.client.stream({ prompt, onBrokenStream: "restart" });
    let content = "";
    for await (const delta of stream) {
      if (delta.restart) content = "";
      content += delta.text ?? "";
    }
    return { content, isWhole: (await stream.result()).content === content };
  });
  const openedAt = (await transitions(redis)).find(({ model, state }) => model === "dead" && state === "open")?.at;
  const after = openedAt === undefined ? [] : first.calls().map(({ receivedAt }) => receivedAt - openedAt);
  return {
    requests: 200,
    answered: answeredRight(answers, "r"),
    brokenStreams: answers.filter(({ isWhole }) => !isWhole).length,
    callsAtTheDeadModel: first.stats.received,
    opened: openedAt !== undefined,
    /** From the opening to the last call that still began; 0: none did. */
    breakerNewsMs: Math.max(0, Math.round(Math.max(0, ...after))),
    tookMs: Math.round(performance.now() - startedAt),
  };
}

/** 300 requests wait for a model that is killed, and its fallback's queue holds five. */
export async function targetKilled(redis: Stage) {
  await using first = await startSimulator({ models: ["first"], latencyMs: 3_600_000 });
  await using second = await startSimulator({ models: ["second"] });
  const narrow = { concurrency: 2, maxQueueDepth: 5, classShare: { normal: 100 } };
  await using cluster = await startCluster({
    redis,
    config: {
      models: {
        first: { provider: "ollama", model: "first", baseUrl: first.url, concurrency: 5 },
        second: { provider: "ollama", model: "second", baseUrl: second.url, ...narrow },
      },
      routes: { normal: { targets: ["first"], fallback: ["second"] } },
      breaker: { failureThreshold: 5, recoveryTimeoutMs: 3_600_000 },
    },
  });
  const depth = watchDepth(redis, "second");
  const jobs = await cluster.client.enqueueMany(Array.from({ length: 300 }, (_, n) => ({ prompt: `[[q${n}]]`, stream: false })));
  await until(() => first.stats.underWay === 5, "5 calls under way");
  const killedAt = performance.now();
  await first.control({ outage: "refuse" });
  const results = await Promise.all(jobs.map((job) => (job.ok ? job.job.result() : Promise.reject(job.error))));
  const allAnsweredMs = Math.round(performance.now() - killedAt);
  return {
    requests: 300,
    answered: answeredRight(results, "q"),
    byTheFallback: results.filter(({ modelUsed }) => modelUsed === "second").length,
    bound: 5,
    deepest: await depth.stop(),
    allAnsweredMs,
  };
}
