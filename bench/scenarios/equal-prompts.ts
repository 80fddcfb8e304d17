// Equal prompts, asked everywhere at once.
import type { Request, Result } from "@llm-router/contracts";
import { startSimulator } from "@llm-router/simulator";
import { spawnNode } from "@llm-router/testkit/processes";
import { startCluster } from "./cluster.ts";
import { type Stage, until } from "./scenario.ts";

const processes = 50;
const startMs = 180_000;

/** What each process asks: cold and warm for one tenant, and cold for two of them in turn. */
function requestsOf(process: number): Request[] {
  const timeoutMs = 2 * startMs;
  return [
    { prompt: "[[cold]]", temperature: 0, timeoutMs },
    { prompt: "[[warm]]", temperature: 0.8, timeoutMs },
    { prompt: "[[tenants]]", temperature: 0, timeoutMs, tenant: `t${process % 2}` },
  ];
}

/** 50 processes, each a client of its own, ask the same three new prompts. They wait behind another call until all of them have come. */
export async function fiftyProcesses(redis: Stage) {
  await using simulator = await startSimulator({ models: ["m"], latencyMs: 3_600_000 });
  // The first call hangs until all have come, and that may take a minute.
  const m = { provider: "ollama" as const, model: "m", baseUrl: simulator.url, concurrency: 1, firstTokenTimeoutMs: 2 * startMs };
  await using cluster = await startCluster({ redis, config: { models: { m }, cache: { enabled: true } } });
  const before = await cluster.client.enqueue({ prompt: "[[before]]" });
  await until(() => simulator.stats.underWay === 1, "the call that all wait behind");
  await using stack = new AsyncDisposableStack();
  const startedAt = performance.now();
  const askers = Array.from({ length: processes }, (_, n) => {
    const env = { REDIS_URL: redis.url, LLMR_NAMESPACE: redis.namespace, REQUESTS: JSON.stringify(requestsOf(n)) };
    return stack.use(spawnNode(new URL("./asker.ts", import.meta.url), { env }));
  });
  const asked = 1 + 3 * processes;
  const open = () => redis.admin.zcard(`{${redis.namespace}}:deadlines`);
  await until(async () => (await open()) === asked, `${asked} open requests`, startMs);
  const allAskedMs = Math.round(performance.now() - startedAt);
  await simulator.control({ latencyMs: 0 });
  await before.cancel();
  const lines = await Promise.all(askers.map((asker) => asker.waitForLine(/^answered (.+)$/, startMs)));
  const results = lines.flatMap(([, json]) => JSON.parse(json ?? "[]") as Result[]);
  const answered = (marker: string) => results.filter(({ content }) => content.includes(`[[${marker}]]`)).length;
  const calls = (marker: string) => simulator.calls().filter((call) => call.marker === marker).length;
  return {
    processes: new Set(askers.map(({ pid }) => pid)).size,
    answered: answered("cold"),
    calls: calls("cold"),
    answeredWarm: answered("warm"),
    callsWarm: calls("warm"),
    answeredTenants: answered("tenants"),
    callsTenants: calls("tenants"),
    distinctIds: new Set(results.map(({ id }) => id)).size,
    allAskedMs,
  };
}
