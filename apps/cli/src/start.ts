import { once } from "node:events";
import { freePort, redactUrl, startLocalRedis } from "@llm-router/service-kit";
import { catchInterruption } from "./interruption.ts";
import { printError } from "./print-error.ts";
import { chooseModels } from "./start/choose-models.ts";
import { parseStartEnv } from "./start/start-env.ts";
import { type StartedGateway, startGatewayProgram } from "./start/start-gateway.ts";
import { startWorkers } from "./start/start-workers.ts";

const env = process.env;
const usualRedis = "redis://127.0.0.1:6379";
const usualNamespace = "llmr";

/** `npm start`: Redis, a model, two workers and a gateway, until Ctrl-C or SIGTERM. */
async function start(): Promise<void> {
  using interruption = catchInterruption();
  await using parts = new AsyncDisposableStack();
  const { port, simulatorPort, workerPort } = parseStartEnv(env);
  // The environment of this process is the one that its workers inherit.
  env["REDIS_URL"] ||= await openRedis(parts);
  const models = await chooseModels(env, simulatorPort, parts);
  env["LLMR_CONFIG"] = models.configPath;
  const workers = await startWorkers(2, workerPort, parts);
  const gateway = await startGatewayProgram(port, parts);
  if (interruption.signal.aborted) return;
  console.log(
    describe(
      models.description,
      workers.map(({ url }) => url),
      gateway,
    ),
  );
  await Promise.race([once(interruption.signal, "abort"), models.failed, ...[gateway, ...workers].map(({ program }) => program.failed)]);
  console.log("Shutting down …");
}

async function openRedis(parts: AsyncDisposableStack): Promise<string> {
  const server = await startLocalRedis({ port: await freePort(6379) });
  parts.defer(() => server.stop());
  return server.url;
}

function describe(model: string, workers: readonly (string | undefined)[], gateway: StartedGateway): string {
  const url = env["REDIS_URL"] ?? usualRedis;
  const namespace = env["LLMR_NAMESPACE"] || usualNamespace;
  const shown = redactUrl(url);
  const flags = [
    ...(url === usualRedis ? [] : [`--redis ${shown === url ? url : '"$REDIS_URL"'}`]),
    ...(namespace === usualNamespace ? [] : [`--namespace ${namespace}`]),
  ];
  const command = (text: string) => ["npx llm-router", ...flags, text].join(" ");
  return [
    "llm-router runs.",
    `  redis     ${shown} (REDIS_URL), namespace ${namespace} (LLMR_NAMESPACE)`,
    `  models    ${model}`,
    ...workers.map(
      (at, index) => `  worker ${index + 1}  ${at === undefined ? "no address" : `${at}/metrics, /healthz, /readyz`} (WORKER_PORT)`,
    ),
    `  gateway   ${gateway.url} (PORT), for clients of OpenAI ${gateway.url}/v1, for people ${gateway.url}/board`,
    "Try:",
    `  curl ${gateway.url}/generate ${gateway.isOpen ? "" : '-H "authorization: Bearer YOUR_KEY" '}-d '{"prompt":"Hello!","priority":"high"}'`,
    `  ${command('ask "What is the capital of France?" --stream')}`,
    `  ${command("status")}`,
    "Ctrl-C ends it.",
  ].join("\n");
}

try {
  await start();
} catch (error) {
  await printError(error);
  process.exitCode = 1;
}
