import { parseConfig } from "@llm-router/contracts";
import { createLogger } from "@llm-router/service-kit";
import { type ControlInput, type Simulator, startSimulator } from "@llm-router/simulator";
import { startWorker } from "@llm-router/worker-runtime";
import { type RunningGateway, startGateway } from "../../src/index.ts";

/** One gateway, one worker and one simulator. */
export interface OpenStack extends AsyncDisposable {
  simulator: Simulator;
  gateway: RunningGateway;
  /** Another one on the same namespace; whoever starts it closes it. */
  startGateway(): Promise<RunningGateway>;
}

/** How the models differ, by the name that both the router and the simulator know them by. */
const behaviours: NonNullable<ControlInput["perModel"]> = {
  fast: {},
  llama: {},
  slow: { tokensPerSecond: 40, tokens: 20 },
  late: { latencyMs: 5_000 },
  single: { latencyMs: 300 },
  tools: { toolCalls: [{ name: "weather", arguments: { city: "Oslo" } }] },
  thinker: { reasoning: "let me see" },
  hangs: { outage: "hang" },
  full: { outage: "hang" },
  wrong: { outage: { mode: "status", status: 400, message: "no such option" } },
  down: { outage: { mode: "status", status: 500 } },
  cut: { outage: { mode: "cut-after", tokens: 3 } },
};

function limitsOf(name: string): { maxQueueDepth?: number; concurrency: number } {
  if (name === "full") return { maxQueueDepth: 1, concurrency: 1 };
  return { concurrency: name === "single" ? 1 : 100 };
}

/** `llama` and `thinker` speak Ollama's format, the others OpenAI's. NORMAL goes to `fast`, HIGH to `llama`. */
export async function openStack({ url, namespace }: { url: string; namespace: string }): Promise<OpenStack> {
  await using parts = new AsyncDisposableStack();
  const logger = createLogger({ name: "test", level: "silent" });
  const simulator = parts.use(await startSimulator({ perModel: behaviours }));
  const models = Object.keys(behaviours).map((name) => {
    const ollama = name === "llama" || name === "thinker";
    const where = ollama ? { provider: "ollama", baseUrl: simulator.url } : { provider: "openai", baseUrl: `${simulator.url}/v1` };
    const limits = limitsOf(name);
    return [name, { ...where, ...limits, model: name, healthCheckIntervalMs: 3_600_000 }] as const;
  });
  const worker = await startWorker({
    redis: { url },
    namespace,
    config: parseConfig({
      models: Object.fromEntries(models),
      routes: { normal: { targets: ["fast"], maxAttempts: 1 }, high: { targets: ["llama"], maxAttempts: 1 } },
      breaker: { enabled: false },
      cache: { enabled: true, semantic: false },
    }),
    env: {},
    logger,
  });
  parts.defer(() => worker.close({ graceMs: 0 }));
  const start = () => startGateway({ env: { REDIS_URL: url, LLMR_NAMESPACE: namespace }, config: parseConfig({}), logger, port: 0 });
  const gateway = parts.use(await start());
  const kept = parts.move();
  return { simulator, gateway, startGateway: start, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}
