import { parseConfig } from "@llm-router/contracts";
import { createLogger, keepHeapSmall } from "@llm-router/service-kit";
import { openLoopDelay } from "../loop-delay.ts";
import { runPart } from "../run-part.ts";
import { namespace, type Setup } from "../setup.ts";

// A gateway as users start it.
await runPart(async ({ port }: Setup) => {
  keepHeapSmall();
  const { startGateway } = await import("@llm-router/gateway");
  const env = { REDIS_URL: `redis://127.0.0.1:${port}`, LLMR_NAMESPACE: namespace };
  const logger = createLogger({ name: "gateway", level: "warn" });
  const gateway = await startGateway({ env, config: parseConfig({}), logger, port: 0 });
  const tasks = { url: () => gateway.url, loopDelayMs: openLoopDelay() };
  return { tasks, close: () => gateway.close({ graceMs: 100 }) };
});
