import { type Config, type ConfigInput, newApiKey, parseConfig } from "@llm-router/contracts";
import { createLogger, type Logger } from "@llm-router/service-kit";
import { type Simulator, startSimulator } from "@llm-router/simulator";
import type { RedisAccess } from "@llm-router/testkit";
import { startWorker, type WorkerHandle } from "@llm-router/worker-runtime";
import { type RunningGateway, startGateway } from "../../src/index.ts";

type KeySettings = Omit<NonNullable<NonNullable<ConfigInput["gateway"]>["keys"]>[string], "hash">;

export const silent: Logger = createLogger({ name: "test", level: "silent" });

export interface Cluster extends AsyncDisposable {
  simulator: Simulator;
  worker: WorkerHandle;
  /** Another gateway on the same namespace; `config` is its own. */
  gateway(options?: GatewaySetup): Promise<RunningGateway>;
}

interface GatewaySetup {
  config?: Config;
  logger?: Logger;
  host?: string;
}

/** Models for tests, all served by one simulator: `fast` and `slow` (one at a time) answer, `broken` refuses every prompt as wrong. */
export async function startCluster({ url, namespace }: Pick<RedisAccess, "url" | "namespace">): Promise<Cluster> {
  await using parts = new AsyncDisposableStack();
  const simulator = parts.use(
    await startSimulator({ perModel: { broken: { outage: { mode: "status", status: 400, message: "no such option" } } } }),
  );
  const model = (name: string, concurrency: number) => ({
    provider: "ollama",
    model: name,
    baseUrl: simulator.url,
    healthCheckIntervalMs: 3_600_000,
    concurrency,
  });
  const worker = await startWorker({
    redis: { url },
    namespace,
    config: parseConfig({ models: { fast: model("fast", 400), slow: model("slow", 1), broken: model("broken", 4) } }),
    env: {},
    logger: silent,
  });
  parts.defer(() => worker.close({ graceMs: 0 }));
  const kept = parts.move();
  return {
    simulator,
    worker,
    async gateway({ config = parseConfig({}), logger = silent, host = "127.0.0.1" } = {}) {
      const gateway = await startGateway({ env: { REDIS_URL: url, LLMR_NAMESPACE: namespace }, config, logger, host, port: 0 });
      kept.use(gateway);
      return gateway;
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** A configuration with these keys, and the keys themselves. */
export function withKeys<Name extends string>(
  settings: Record<Name, KeySettings>,
  more: NonNullable<ConfigInput["gateway"]> = {},
): { config: Config; keys: Record<Name, string> } {
  const made = Object.entries<KeySettings>(settings).map(([name, setting]) => ({ name, setting, ...newApiKey(name) }));
  const keys = Object.fromEntries(made.map(({ name, setting, hash }) => [name, { ...setting, hash }]));
  return {
    config: parseConfig({ gateway: { ...more, keys } }),
    keys: Object.fromEntries(made.map(({ name, key }) => [name, key])) as Record<Name, string>,
  };
}

export interface Answer {
  status: number;
  headers: Headers;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into answers of every shape
  body: any;
}

/** One HTTP call with a JSON body, and a key. What is no JSON comes back as text. */
export async function call(
  { url }: { url: string },
  path: string,
  { key, method, body, headers = {} }: { key?: string; method?: string; body?: unknown; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const response = await fetch(`${url}${path}`, {
    method: method ?? (body === undefined ? "GET" : "POST"),
    redirect: "manual",
    headers: {
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...(body !== undefined && { "content-type": "application/json" }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.startsWith("application/json") ?? false;
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}
