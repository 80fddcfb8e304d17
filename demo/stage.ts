import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectClient, type Client } from "@llm-router/client";
import { type BreakerWatch, watchBreakers } from "./breaker-watch.ts";
import { type DemoRedis, openDemoRedis } from "./demo-redis.ts";
import { type ModelServer, startModelServer } from "./model-servers.ts";
import { cloud, cpuSmall, demoConfig, gpuFast } from "./models.ts";
import type { Narrator } from "./narrator.ts";
import { findRealModels, type RealModel } from "./real-models.ts";
import { startWorkerProcess, type WorkerProcess } from "./worker-process.ts";

/** Everything that plays a part, running. */
export interface Stage {
  redis: DemoRedis;
  servers: { gpuFast: ModelServer; cpuSmall: ModelServer; cloud: ModelServer };
  real: readonly RealModel[];
  workers: readonly WorkerProcess[];
  client: Client;
  breakers: BreakerWatch;
}

/**
 * Starts Redis (unless REDIS_URL names one), the simulators, the workers and a client.
 * @param cleanUp Gets what ends each of them, in order.
 */
export async function buildStage(cleanUp: AsyncDisposableStack, narrator: Narrator, options: { real: boolean }): Promise<Stage> {
  const real = await findRealModels(process.env, options.real);
  for (const { description } of real) narrator.say(`Real model: ${description}, will be asked a few short questions (10 calls at most).`);
  if (real.length === 0) narrator.say("No Ollama with a model is within reach, so every model is simulated.");
  narrator.say("Simulated: gpu-fast and cpu-small (Ollama's format), cloud (OpenAI's). Their answers are words without sense.");

  const redis = cleanUp.use(await openDemoRedis(process.env));
  narrator.say(`${redis.description}.`);
  const [fast, small, far] = await Promise.all([gpuFast, cpuSmall, cloud].map(async (model) => cleanUp.use(await startModelServer(model))));
  if (!fast || !small || !far) throw new Error("a simulator is missing"); // three go in, three come out
  const servers = { gpuFast: fast, cpuSmall: small, cloud: far };

  const urls = new Map([fast, small, far].map(({ model, url }) => [model.name, url]));
  const folder = await mkdtemp(join(tmpdir(), "llmr-demo-"));
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  process.once("exit", removeFolder); // a second Ctrl-C skips the orderly end
  cleanUp.defer(() => rm(folder, { recursive: true, force: true }));
  const configPath = join(folder, "llm-router.json");
  await writeFile(
    configPath,
    JSON.stringify(
      demoConfig((name) => urls.get(name) ?? "", real),
      undefined,
      2,
    ),
  );

  setWorkerEnv({ REDIS_URL: redis.url, LLMR_NAMESPACE: redis.keys.namespace, LLMR_CONFIG: configPath }, options.real);
  const breakers = cleanUp.use(watchBreakers(redis.url, redis.keys));
  const workers = await startTogether(cleanUp, ["worker 1", "worker 2"], startWorkerProcess);
  const client = cleanUp.use(await connectClient({ redis: redis.url, namespace: redis.keys.namespace, env: {} }));
  narrator.say(`Three model servers and two worker processes (pid ${workers.map(({ program }) => program.pid).join(" and ")}) are ready.`);
  return { redis, servers, real, workers, client, breakers };
}

/** Starts them at once, and lets them end at once: each may take a while. */
async function startTogether<From, Started extends AsyncDisposable>(
  cleanUp: AsyncDisposableStack,
  what: readonly From[],
  start: (from: From) => Promise<Started>,
): Promise<Started[]> {
  const running: Started[] = [];
  cleanUp.defer(async () => {
    await Promise.all(running.map((each) => each[Symbol.asyncDispose]()));
  });
  return Promise.all(
    what.map(async (from) => {
      const started = await start(from);
      running.push(started);
      return started;
    }),
  );
}

/** What the workers inherit. Not through their arguments: REDIS_URL may hold a password. */
function setWorkerEnv(settings: Record<string, string>, real: boolean): void {
  for (const name of Object.keys(process.env)) if (/^(LLMR|WORKER)_/.test(name)) delete process.env[name];
  if (!real) delete process.env["OPENAI_API_KEY"];
  Object.assign(process.env, settings);
}
