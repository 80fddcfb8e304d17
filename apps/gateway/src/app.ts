import type { Client } from "@llm-router/client";
import type { Config } from "@llm-router/contracts";
import type { Logger } from "@llm-router/service-kit";
import express, { type Express } from "express";
import helmet from "helmet";
import { accessLog } from "./access-log.ts";
import { authenticate } from "./authenticate.ts";
import { admitByKey } from "./keys/admit-by-key.ts";
import { KeyRing } from "./keys/key-ring.ts";
import { bullBoard } from "./bull-board/index.ts";
import { errorHandler, errorsAs, notFound } from "./error-handler.ts";
import { inTurn } from "./in-turn.ts";
import { metricsRoute } from "./metrics.ts";
import { ollamaErrors } from "./ollama/errors.ts";
import { openaiErrors } from "./openai/errors.ts";
import { openApiRoute } from "./openapi/index.ts";
import type { Ports } from "./ports.ts";
import { requestId } from "./request-id.ts";
import { adminRoutes } from "./routes/admin.ts";
import { deadLetterRoutes } from "./routes/dead-letters.ts";
import { healthRoutes } from "./routes/health.ts";
import { jobRoutes } from "./routes/jobs.ts";
import { ollamaRoutes } from "./routes/ollama.ts";
import { openaiRoutes } from "./routes/openai.ts";

export interface GatewayOptions {
  client: Client;
  /** The configuration file's content: keys and what else concerns gateways only. Models and routes are read from Redis. */
  config: Config;
  logger: Logger;
  /** Whether more than this machine reaches the gateway: then it answers nobody without a key (default true). */
  isPublic?: boolean;
  /** Aborts when the gateway must let go of every answer in hand (default: never). */
  closing?: AbortSignal;
}

export interface Gateway {
  app: Express;
  keys: KeyRing;
}

/** The gateway's Express app. It holds no work: whatever it accepted is in Redis. */
export function createGateway(options: GatewayOptions): Gateway {
  const { client, config, logger, isPublic = true, closing = new AbortController().signal } = options;
  const answers = new Set<() => void>();
  closing.addEventListener("abort", () => {
    for (const end of answers) end();
  });
  const ports: Ports = { client, logger, admit: admitByKey(client, logger), closing, answers };
  const keys = new KeyRing(config.gateway, client.apiKeys, isPublic);
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.use(requestId);
  app.use(accessLog(logger));
  app.use(inTurn());
  app.use(helmet());
  app.use(healthRoutes(ports));
  app.use(openApiRoute());
  app.use(bullBoard({ client, keys, config: config.gateway }));
  app.use(authenticate(keys));
  app.use(openaiRoutes(ports));
  app.use(ollamaRoutes(ports));
  app.use(jobRoutes(ports));
  app.use(deadLetterRoutes(ports));
  app.use(adminRoutes(ports));
  app.use(metricsRoute(client));
  app.use(notFound);
  // Each API says in its own words what is wrong, a missing key included.
  app.use(["/v1/chat", "/v1/models"], errorsAs(openaiErrors, logger));
  app.use("/api", errorsAs(ollamaErrors, logger));
  app.use(errorHandler(logger));
  return { app, keys };
}
