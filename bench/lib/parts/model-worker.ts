import { configSchema } from "@llm-router/contracts";
import { createLogger } from "@llm-router/service-kit";
import { startWorker } from "@llm-router/worker-runtime";
import { runPart } from "../run-part.ts";
import { namespace, type Setup } from "../setup.ts";

export interface ModelWorkerSetup extends Setup {
  /** Of the model server. */
  modelUrl: string;
  /** The API that it is spoken to in (default: Ollama's). */
  provider?: "openai";
  maxQueueDepth: number;
  /** How long an outcome is kept, ms. */
  resultTtlMs: number;
}

// A worker as users start it: one model of a server in another process.
await runPart(async (setup: Setup) => {
  const { port, concurrency, modelUrl, provider, maxQueueDepth, resultTtlMs } = setup as ModelWorkerSetup;
  const where = provider ? { provider, baseUrl: `${modelUrl}/v1` } : { provider: "ollama", baseUrl: modelUrl };
  const worker = await startWorker({
    redis: { url: `redis://127.0.0.1:${port}` },
    namespace,
    config: configSchema.parse({
      models: { m: { ...where, model: "m", concurrency, maxQueueDepth } },
      retention: { resultTtlMs, streamTtlMs: resultTtlMs },
    }),
    env: {},
    logger: createLogger({ name: "model-worker", level: "warn" }),
  });
  return { tasks: {}, close: () => worker.close({ graceMs: 1_000 }) };
});
