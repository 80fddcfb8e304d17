import { startSimulator } from "@llm-router/simulator";
import { startCluster } from "./cluster.ts";
import { type Stage, transitions, until } from "./scenario.ts";

/** A model that is down, and well again, with 20 requests waiting for it; two workers, breaker 5 / 1 s / 3. */
export async function breakerWalk(redis: Stage) {
  await using simulator = await startSimulator({ models: ["m"], outage: "status", tokens: 1, latencyMs: 30 });
  await using cluster = await startCluster({
    redis,
    workers: 2,
    config: {
      models: { m: { provider: "openai", model: "m", baseUrl: `${simulator.url}/v1`, concurrency: 1 } },
      breaker: { failureThreshold: 5, recoveryTimeoutMs: 1_000, successThreshold: 3, halfOpenProbes: 1 },
    },
  });
  const jobs = await cluster.client.enqueueMany(Array.from({ length: 20 }, (_, n) => ({ prompt: `[[b${n}]]`, stream: false })));
  await until(async () => (await transitions(redis)).some(({ state }) => state === "open"), "the breaker opens");
  const failuresToOpen = simulator.stats.received;
  await simulator.control({ outage: null });
  const results = await Promise.all(jobs.map((job) => (job.ok ? job.job.result() : Promise.reject(job.error))));
  const changes = await transitions(redis);
  const closedAt = changes.findLast(({ state }) => state === "closed")?.at ?? 0;
  const halfOpenAt = changes.findLast(({ state }) => state === "half-open")?.at ?? 0;
  // The breaker closes after the call has ended: on two clocks of one machine, within a millisecond or so.
  const probes = simulator.calls().filter(({ receivedAt }) => receivedAt >= halfOpenAt - 2 && receivedAt <= closedAt);
  return {
    requests: 20,
    answered: results.length,
    states: ["closed", ...changes.map(({ state }) => state)].join(" "),
    failuresToOpen,
    mostProbes: Math.max(...probes.map(({ concurrency }) => concurrency)),
    successesToClose: probes.filter(({ endedAt, outcome }) => outcome === "completed" && (endedAt ?? 0) <= closedAt + 2).length,
    closedForMs: Math.round(halfOpenAt - (changes[0]?.at ?? 0)),
  };
}
