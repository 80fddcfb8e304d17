import type { Client } from "@llm-router/client";
import { Router } from "express";
import { registerSemanticCacheGauges } from "@llm-router/service-kit/semantic-cache-gauges";
import { Gauge, Registry, collectDefaultMetrics } from "prom-client";
import { requireAdmin } from "./authenticate.ts";
import { namespaceMetrics } from "./metrics/namespace.ts";
import { requestMetrics } from "./metrics/requests.ts";

/**
 * Prometheus's page at /metrics: what this gateway saw of the requests that it submitted, and what the namespace counts, which
 * is read from Redis when the page is. Nothing is counted per token.
 */
export function metricsRoute(client: Client): Router {
  const register = new Registry();
  collectDefaultMetrics({ register });
  client.observe(requestMetrics(register));
  const readNamespace = namespaceMetrics(client, register);
  registerSemanticCacheGauges(register, "gateway", () => client.cache.semanticState());
  const redisUp = new Gauge({ name: "llmr_redis_up", help: "1 when Redis answered.", registers: [register] });
  const router = Router();
  router.get("/metrics", requireAdmin, async (_request, response) => {
    redisUp.set(Number(await readNamespace()));
    response.setHeader("content-type", register.contentType);
    response.end(await register.metrics());
  });
  return router;
}
