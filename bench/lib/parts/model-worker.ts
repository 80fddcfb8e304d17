import { configSchema } from "@llm-router/contracts";
import { openSemanticCache } from "@llm-router/dispatcher";
import { createLogger, keepHeapSmall } from "@llm-router/service-kit";
import { runPart } from "../run-part.ts";
import { namespace, type Setup } from "../setup.ts";

export interface ModelWorkerSetup extends Setup {
  /** Of the model server. */
  modelUrl: string;
  /** The API that it is spoken to in (default: Ollama's). */
  provider?: "openai";
  maxQueueDepth: number;
  /** Default: off. */
  cache?: { enabled: boolean; semantic: boolean };
  /** How long an outcome is kept, ms. */
  resultTtlMs: number;
}

// A worker as users start it: one model of a server in another process.
await runPart(async (setup: Setup) => {
  keepHeapSmall();
  const { startWorker } = await import("@llm-router/worker-runtime");
  const { port, concurrency, modelUrl, provider, maxQueueDepth, cache, resultTtlMs } = setup as ModelWorkerSetup;
  const where = provider ? { provider, baseUrl: `${modelUrl}/v1` } : { provider: "ollama", baseUrl: modelUrl };
  const config = configSchema.parse({
    models: { m: { ...where, model: "m", concurrency, maxQueueDepth } },
    cache,
    retention: { resultTtlMs, streamTtlMs: resultTtlMs },
  });
  const logger = createLogger({ name: "model-worker", level: "warn" });
  const shared = { redis: { url: `redis://127.0.0.1:${port}` }, namespace, env: {} };
  const semanticCache = cache && (await openSemanticCache({ ...shared, cache: config.cache, log: logger, required: true }));
  const worker = await startWorker({ ...shared, config, semanticCache, logger });
  const close = async () => {
    await worker.close({ graceMs: 1_000 });
    await semanticCache?.close();
  };
  return { tasks: {}, close };
});
