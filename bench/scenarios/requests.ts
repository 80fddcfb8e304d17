// What a caller does to a request that is under way, and what time does to it.
import { Client, type Delta } from "@llm-router/client";
import { startSimulator } from "@llm-router/simulator";
import { startCluster } from "./cluster.ts";
import { type Stage, until } from "./scenario.ts";

/** Twenty calls under way are cancelled, each by another process's client. */
export async function cancelled(redis: Stage) {
  await using simulator = await startSimulator({ models: ["m"], latencyMs: 3_600_000 });
  await using cluster = await startCluster({
    redis,
    config: { models: { m: { provider: "ollama", model: "m", baseUrl: simulator.url, concurrency: 20 } } },
  });
  const jobs = await Promise.all(Array.from({ length: 20 }, (_, n) => cluster.client.enqueue({ prompt: `[[c${n}]]` })));
  await until(() => simulator.stats.underWay === 20, "20 calls under way");
  await using other = new Client({ redis: redis.url, namespace: redis.namespace });
  await other.connect();
  const abortMs: number[] = [];
  for (const [n, { id }] of jobs.entries()) {
    const at = performance.timeOrigin + performance.now();
    await other.attach(id).cancel();
    const { endedAt } = await simulator.waitForCall(({ marker, outcome }) => marker === `c${n}` && outcome === "aborted");
    abortMs.push((endedAt ?? 0) - at);
  }
  const outcomes = await Promise.all(jobs.map((job) => job.outcome()));
  return {
    requests: 20,
    cancelled: outcomes.filter(({ state }) => state === "cancelled").length,
    abortP50Ms: Math.round(abortMs.toSorted((a, b) => a - b)[10] ?? 0),
    abortMaxMs: Math.round(Math.max(...abortMs)),
  };
}

/** Budgets that end while a request is active, waiting and parked. */
export async function expired(redis: Stage) {
  await using simulator = await startSimulator({
    latencyMs: 3_600_000,
    perModel: { held: { outage: { mode: "rate-limit", retryAfterSeconds: 60 } } },
  });
  const of = (model: string) => ({ provider: "ollama", model, baseUrl: simulator.url, concurrency: 1 });
  await using cluster = await startCluster({ redis, config: { models: { busy: of("busy"), held: of("held") } } });
  const { client } = cluster;
  await client.connect();
  const submit = async (prompt: string, model: string, timeoutMs: number) => {
    const submittedAt = performance.now();
    const outcome = await (await client.enqueue({ prompt: `[[${prompt}]]`, model, timeoutMs })).outcome();
    return { state: outcome.state, lateMs: performance.now() - submittedAt - timeoutMs };
  };
  const active = submit("active", "busy", 2_000);
  await simulator.waitForCall(({ marker }) => marker === "active");
  const ended = await Promise.all([active, submit("waiting", "busy", 1_000), submit("parked", "held", 1_500)]);
  return {
    requests: ended.length,
    expired: ended.filter(({ state }) => state === "expired").length,
    lateMaxMs: Math.round(Math.max(...ended.map(({ lateMs }) => lateMs))),
    callsSpared: simulator.calls().every(({ marker }) => marker !== "waiting"),
  };
}

/** A stream that is dropped after ten tokens, and read on from another client. */
export async function reattached(redis: Stage) {
  await using simulator = await startSimulator({ models: ["m"], tokens: 40, tokensPerSecond: 40 });
  await using cluster = await startCluster({
    redis,
    config: { models: { m: { provider: "ollama", model: "m", baseUrl: simulator.url } } },
  });
  const stream = cluster.client.stream({ prompt: "[[s]]", onDisconnect: "continue" });
  const first: Delta[] = [];
  for await (const delta of stream) {
    first.push(delta);
    if (first.length === 10) break;
  }
  const { id } = await stream.job();
  await using other = new Client({ redis: redis.url, namespace: redis.namespace });
  const job = other.attach(id);
  const rest = await Array.fromAsync(job.deltas(first.at(-1)?.seq ?? 0));
  const { content } = await job.result();
  const seqs = [...first, ...rest].map(({ seq }) => seq);
  return {
    tokens: 40,
    repeated: seqs.length - new Set(seqs).size,
    isWhole: [...first, ...rest].map(({ text }) => text ?? "").join("") === content,
    calls: simulator.stats.received,
  };
}
