import { type Backend, configSchema } from "@llm-router/contracts";
import { createLogger } from "@llm-router/service-kit";
import { startWorker } from "@llm-router/worker-runtime";
import { runPart } from "../run-part.ts";
import { answer, namespace, type Setup } from "../setup.ts";

const usage = { promptTokens: 8, completionTokens: 8, totalTokens: 16 };
const echo: Backend = {
  generate: async () => ({ content: answer, finishReason: "stop", usage }),
};

await runPart(async ({ port, concurrency }: Setup) => {
  const worker = await startWorker({
    redis: { url: `redis://127.0.0.1:${port}` },
    namespace,
    config: configSchema.parse({ models: { echo: { provider: "bench", model: "echo", concurrency } } }),
    env: {},
    instances: new Map([["echo", echo]]),
    logger: createLogger({ name: "our-worker", level: "warn" }),
  });
  return { tasks: {}, close: () => worker.close({ graceMs: 1_000 }) };
});
