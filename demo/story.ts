import { RouterError } from "@llm-router/client";
import { cloud, cpuSmall, gpuFast } from "./models.ts";
import type { Narrator } from "./narrator.ts";
import { realRequests } from "./real-models.ts";
import type { Stage } from "./stage.ts";
import type { Entry, Traffic } from "./traffic.ts";
import { until, within } from "./within.ts";

export interface Scene {
  stage: Stage;
  traffic: Traffic;
  narrator: Narrator;
}

/** Three times what the short queue holds. */
const burstSize = 30;

/** A few short questions to each real model; the simulated cloud answers what it cannot. */
export function askRealModels({ stage, traffic }: Scene): void {
  for (const { name } of stage.real) {
    for (let n = 0; n < realRequests; n++)
      traffic.post({ ...traffic.nextRequest(), priority: "NORMAL", models: [name, cloud.name], maxTokens: 24 });
  }
}

/** The same question twice at temperature 0. */
export async function showCache({ stage, traffic, narrator }: Scene): Promise<void> {
  const question = { prompt: "What is the capital of France?", priority: "HIGH", temperature: 0 } as const;
  const first = await traffic.send(question);
  // The answer is kept after it is delivered, off its way.
  await until("the answer is in the cache", async () => {
    const writes = await Promise.all(stage.workers.map((worker) => worker.metric("cache_writes_total")));
    return writes.some((count) => count > 0) || undefined;
  });
  const second = await traffic.send(question);
  narrator.say(`Cache: the same question twice at temperature 0. First: ${describe(first)}. Then: ${describe(second)}.`);
}

/** Kills a model's server under load and brings it back. */
export async function showOutage({ stage, traffic, narrator }: Scene): Promise<void> {
  const { breakers, client, servers } = stage;
  const before = breakers.changes.length;
  await servers.gpuFast.kill9();
  narrator.say(`The server of ${gpuFast.name} is killed (SIGKILL) with ${traffic.open().length} requests open.`);
  await within(breakers.next(gpuFast.name, "open", before), `the breaker of ${gpuFast.name} opens`);
  const atOpening = answeredByOthers(traffic);
  await traffic.waitUntil("the other models answer", () => answeredByOthers(traffic) >= atOpening + 10);
  const { movedOut } = await client.getStats();
  narrator.say(`Its breaker is open; ${movedOut[gpuFast.name] ?? 0} requests were moved to other models, which go on answering.`);
  await servers.gpuFast.restart();
  narrator.say(`The server of ${gpuFast.name} is back on the same port; its breaker will let single calls through to try it.`);
  await within(breakers.next(gpuFast.name, "half-open", before), `the breaker of ${gpuFast.name} is half-open`);
  await within(breakers.next(gpuFast.name, "closed", before), `the breaker of ${gpuFast.name} closes`);
  narrator.say(`Two of them succeeded: the breaker of ${gpuFast.name} is closed again.`);
}

/** More than a short queue holds, at once. */
export async function showRefusals({ traffic, narrator }: Scene): Promise<void> {
  const burst = Array.from({ length: burstSize }, () =>
    traffic.post({ ...traffic.nextRequest(), priority: "NORMAL", model: cpuSmall.name }),
  );
  await until("the burst is accepted or refused", async () => burst.every(isDecided) || undefined);
  const refused = burst.filter(({ state }) => state === "refused");
  const [reason] = refused.map(({ error }) => (RouterError.is(error) ? `, ${error.code}: ${error.message.replace(/\.$/, "")}` : ""));
  narrator.say(
    `${burstSize} requests at once for ${cpuSmall.name} alone, whose queue holds ${cpuSmall.maxQueueDepth}: ` +
      `${burstSize - refused.length} accepted, ${refused.length} refused at once${reason ?? ""}.`,
  );
}

/** Kills the worker that has the most runs under way. */
export async function showWorkerLoss({ stage, traffic, narrator }: Scene): Promise<void> {
  const { worker, active } = await until("a worker has runs under way", async () => {
    const loads = await Promise.all(stage.workers.map(async (each) => ({ worker: each, active: await each.metric("active_runs") })));
    return loads.filter((load) => load.active >= 2).toSorted((a, b) => b.active - a.active)[0];
  });
  const open = traffic.open();
  await worker.program.kill9();
  narrator.say(`${worker.program.name} (pid ${worker.program.pid}) is killed (SIGKILL) with about ${active} runs under way.`);
  // Its runs may all have ended in the last moment; then there is nothing to take over.
  const recovered = await until("the other worker takes over", async () => {
    const stats = await stage.client.getStats();
    return stats.recovered > 0 || open.every(({ state }) => state !== "open") ? stats.recovered : undefined;
  });
  narrator.say(`Its locks ran out, and the other worker takes over: ${recovered} runs were put back in their places.`);
}

/** Accepted or refused. */
function isDecided({ job, state }: Entry): boolean {
  return job !== undefined || state !== "open";
}

function answeredByOthers(traffic: Traffic): number {
  return traffic.entries.filter(({ outcome }) => outcome?.state === "completed" && outcome.result.modelUsed !== gpuFast.name).length;
}

function describe({ outcome, state }: Entry): string {
  if (outcome?.state !== "completed") return state;
  const { cached, modelUsed, latencyMs } = outcome.result;
  return cached === false ? `${modelUsed}, ${Math.round(latencyMs)} ms (simulated)` : `${cached} hit, no model called`;
}
