import { newNamespace, redisTest, removeNamespace, connectAdmin, type RedisAccess } from "@llm-router/testkit";
import { parseConfig } from "@llm-router/contracts";
import { type ControlInput, type Simulator, startSimulator } from "@llm-router/simulator";
import { startWorker } from "@llm-router/worker-runtime";
import { type RunningGateway, startGateway } from "../../src/index.ts";
import { silent } from "./cluster.ts";

export interface Stack {
  redis: RedisAccess;
  simulator: Simulator;
  gateway: RunningGateway;
  /** Another one on the same namespace; whoever starts it closes it. */
  startGateway(): Promise<RunningGateway>;
  /** Ids of all requests that Redis knows. */
  records(): Promise<string[]>;
}

/** How the models differ, by the name that both the router and the simulator know them by. */
const behaviours: NonNullable<ControlInput["perModel"]> = {
  fast: {},
  llama: {},
  slow: { tokensPerSecond: 40, tokens: 20 },
  late: { latencyMs: 3_000 },
  tools: { toolCalls: [{ name: "weather", arguments: { city: "Oslo" } }] },
  thinker: { reasoning: "let me see" },
  hangs: { outage: "hang" },
  full: { outage: "hang" },
  wrong: { outage: { mode: "status", status: 400, message: "no such option" } },
  down: { outage: { mode: "status", status: 500 } },
  cut: { outage: { mode: "cut-after", tokens: 3 } },
};

/** One gateway, one worker and one simulator for all tests of a file. `llama` and `thinker` speak Ollama's format, the others OpenAI's. */
export const stackTest = redisTest.extend("stack", { scope: "file" }, async ({ redisUrl }, { onCleanup }): Promise<Stack> => {
  await using parts = new AsyncDisposableStack();
  const namespace = newNamespace();
  const admin = connectAdmin(redisUrl);
  parts.defer(() => admin.disconnect());
  parts.defer(() => removeNamespace(admin, namespace));
  const simulator = parts.use(await startSimulator({ perModel: behaviours }));
  const models = Object.keys(behaviours).map((name) => {
    const ollama = name === "llama" || name === "thinker";
    const where = ollama ? { provider: "ollama", baseUrl: simulator.url } : { provider: "openai", baseUrl: `${simulator.url}/v1` };
    const limits = name === "full" ? { maxQueueDepth: 1, concurrency: 1 } : { concurrency: 100 };
    return [name, { ...where, ...limits, model: name, healthCheckIntervalMs: 3_600_000 }] as const;
  });
  const worker = await startWorker({
    redis: { url: redisUrl },
    namespace,
    config: parseConfig({
      models: Object.fromEntries(models),
      routes: { normal: { targets: ["fast"], maxAttempts: 1 }, high: { targets: ["llama"], maxAttempts: 1 } },
      breaker: { enabled: false },
    }),
    env: {},
    logger: silent,
  });
  parts.defer(() => worker.close({ graceMs: 0 }));
  const start = () =>
    startGateway({ env: { REDIS_URL: redisUrl, LLMR_NAMESPACE: namespace }, config: parseConfig({}), logger: silent, port: 0 });
  const gateway = parts.use(await start());
  const kept = parts.move();
  onCleanup(() => kept.disposeAsync());
  return {
    redis: { url: redisUrl, namespace, admin },
    simulator,
    gateway,
    startGateway: start,
    records: () => admin.keys(`{${namespace}}:r:*`),
  };
});

/** What a promise is rejected with; fails when it is not. */
export async function rejection<E extends Error = Error & Record<string, unknown>>(promise: Promise<unknown>): Promise<E> {
  try {
    await promise;
  } catch (error) {
    return error as E;
  }
  throw new Error("was not rejected");
}
