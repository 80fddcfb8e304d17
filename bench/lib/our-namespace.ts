import { breakerSchema, createKeys, modelSchema, type RouteConfig, routeSchema } from "@llm-router/contracts";
import { connectRedis, createQueueContext, define, type QueueContext, stampSchema, whenReady } from "@llm-router/job-queue";
import { namespace } from "./setup.ts";

/** A connection to the bench's namespace, as a client opens it. */
export async function connectOurs(port: number): Promise<QueueContext & AsyncDisposable> {
  const redis = connectRedis({ url: `redis://127.0.0.1:${port}` }, "commands");
  await whenReady(redis, 5_000);
  return {
    ...createQueueContext(redis, createKeys(namespace)),
    async [Symbol.asyncDispose]() {
      redis.disconnect();
    },
  };
}

export interface ModelSettings {
  names: readonly string[];
  concurrency: number;
  maxQueueDepth: number;
  strategy?: RouteConfig["strategy"];
}

/** Defines models with one route over all of them. */
export async function defineModels(context: QueueContext, { names, concurrency, maxQueueDepth, strategy }: ModelSettings): Promise<void> {
  await stampSchema(context);
  const options = { holder: "bench", apply: false };
  for (const name of names) {
    const model = modelSchema.parse({ provider: "bench", model: name, concurrency, maxQueueDepth });
    await define(
      context,
      { field: `model:${name}`, json: JSON.stringify(model), limits: { model, concurrency, breaker: breakerSchema.parse({}) } },
      options,
    );
  }
  const route = routeSchema.parse({ targets: names, strategy });
  await define(context, { field: "route:NORMAL", json: JSON.stringify(route) }, options);
}
