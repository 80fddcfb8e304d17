import { type Backend, type ConfigInput, parseConfig } from "@llm-router/contracts";
import { createLogger } from "@llm-router/service-kit";
import type { RedisAccess } from "@llm-router/testkit";
import { startWorker, type WorkerHandle, type WorkerOptions } from "../../src/index.ts";

const logger = createLogger({ name: "test-worker", level: process.env["TEST_LOG"] ? "debug" : "silent" });

export interface TestWorkerOptions extends Partial<Omit<WorkerOptions, "redis" | "config" | "instances" | "namespace">> {
  config?: ConfigInput;
  /** Backends by model name; models that the configuration does not have get a plain definition. */
  backends?: Record<string, Backend>;
}

/** A worker in this process. Health checks stay out of the way. */
export function startTestWorker(redis: Pick<RedisAccess, "url" | "namespace">, options: TestWorkerOptions = {}): Promise<WorkerHandle> {
  const { config = {}, backends = {}, ...rest } = options;
  const plain = Object.fromEntries(Object.keys(backends).map((name) => [name, { provider: "test", model: name }]));
  return startWorker({
    redis: { url: redis.url },
    namespace: redis.namespace,
    config: parseConfig({ ...config, models: { ...plain, ...config.models } }),
    env: {},
    instances: new Map(Object.entries(backends)),
    logger,
    ...rest,
  });
}
