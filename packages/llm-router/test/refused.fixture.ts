import { createLogger } from "@llm-router/service-kit";
import { LLMRouter, RouterError } from "llm-router";

// Asks two models whose server refuses the key, logs all that can be logged, and prints all that a caller can see.
const [redis = "", namespace = "", server = ""] = process.argv.slice(2);
await using router = new LLMRouter({ redis, namespace, logger: createLogger({ name: "test", level: "trace" }) });
router.enableCircuitBreaker({ failureThreshold: 2 });
const model = { provider: "openai", model: "m", baseUrl: `${server}/v1`, healthCheckIntervalMs: 5_000 };
router.addModel("inline", { ...model, apiKey: process.env["TEST_INLINE_KEY"] ?? "" });
router.addModel("named", { ...model, apiKey: "${MY_KEY}" });
for (const name of ["inline", "named"]) router.addRoute(name === "inline" ? "high" : "low", { targets: [name], whenUnavailable: "fail" });
for (const priority of ["high", "low"]) {
  const job = await router.enqueue("Hi", { priority });
  const error: unknown = await job.result().catch((caught: unknown) => caught);
  if (!RouterError.is(error)) throw error;
  console.log(JSON.stringify([error, error.stack, await job.outcome(), await job.history(), await job.status()]));
}
console.log(JSON.stringify([await router.getModelStatus(), await router.getStats()]));
