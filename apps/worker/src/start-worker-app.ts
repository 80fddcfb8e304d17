import { type Env, loadConfig, RouterError } from "@llm-router/contracts";
import { openSemanticCache } from "@llm-router/dispatcher";
import { createLogger, type Logger } from "@llm-router/service-kit";
import { startWorker, type WorkerHandle } from "@llm-router/worker-runtime";
import { startStatusServer } from "./http-server.ts";
import { workerMetrics } from "./metrics.ts";
import { parseWorkerEnv } from "./worker-env.ts";

export interface WorkerAppOptions {
  /** Default process.env. */
  env?: Env;
  /** Where the configuration is looked for (default: the working directory). */
  cwd?: string;
  /** A configuration file; wins over LLMR_CONFIG. */
  configPath?: string;
  /** Default: one JSON object a line on stderr. */
  logger?: Logger;
}

export interface WorkerApp extends AsyncDisposable {
  readonly worker: WorkerHandle;
  /** Of /healthz, /readyz and /metrics, where WORKER_PORT is set. */
  readonly url: string | undefined;
  /** Stops taking jobs, finishes or hands back those under way within SHUTDOWN_GRACE_MS, and closes everything. */
  close(): Promise<void>;
}

/**
 * Starts a worker process's parts from the environment and the configuration file; logs `worker ready`.
 * @throws {RouterError} CONFIG_INVALID, CONFIG_CONFLICT, CACHE_NOT_INSTALLED, REDIS_UNAVAILABLE, REDIS_POLICY, SCHEMA_MISMATCH, PORT_IN_USE.
 */
export async function startWorkerApp(options: WorkerAppOptions = {}): Promise<WorkerApp> {
  const { env = process.env, cwd, configPath } = options;
  const settings = parseWorkerEnv(env);
  const logger = options.logger ?? createLogger({ name: "worker", level: settings.LOG_LEVEL });
  const { config, path } = loadConfig({ env, ...(cwd !== undefined && { cwd }), ...(configPath !== undefined && { path: configPath }) });
  if (Object.keys(config.models).length === 0) {
    const where =
      path === undefined
        ? "There is no configuration (llm-router.yaml here, or the file that LLMR_CONFIG names)"
        : `${path} defines no models`;
    throw new RouterError("CONFIG_INVALID", `${where}, so this worker has nothing to serve; write at least one under models.`);
  }
  const shared = { redis: { url: settings.REDIS_URL }, namespace: settings.LLMR_NAMESPACE };
  const semanticCache = await openSemanticCache({
    ...shared,
    cache: config.cache,
    env,
    log: logger,
    required: config.cache.semantic === true,
  });
  // Measured only where somebody can read it.
  const metrics = settings.WORKER_PORT === 0 ? undefined : workerMetrics(semanticCache);
  const worker = await startWorker({
    ...shared,
    config,
    semanticCache,
    env,
    ...(settings.WORKER_MODELS && { models: settings.WORKER_MODELS }),
    ...(settings.WORKER_CONCURRENCY !== undefined && { concurrency: settings.WORKER_CONCURRENCY }),
    logger,
    durability: settings.LLMR_DURABILITY,
    apply: settings.LLMR_CONFIG_APPLY,
    onAnswer: metrics?.observe,
  }).catch(async (error: unknown) => {
    await semanticCache?.close();
    throw error;
  });
  try {
    const server = metrics && (await startStatusServer(worker, { host: settings.WORKER_HOST, port: settings.WORKER_PORT, metrics }));
    logger.info(
      { workerId: worker.workerId, models: worker.models(), namespace: settings.LLMR_NAMESPACE, url: server?.url },
      "worker ready",
    );
    const close = async (): Promise<void> => {
      await worker.close({ graceMs: settings.SHUTDOWN_GRACE_MS });
      await semanticCache?.close();
      await server?.close();
    };
    return { worker, url: server?.url, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await worker.close({ graceMs: 0 });
    await semanticCache?.close();
    throw error;
  }
}
