import {
  breakerSchema,
  cacheSchema,
  limitsSchema,
  modelSchema,
  priorityClasses,
  retentionSchema,
  RouterError,
  routeSchema,
  schemaVersion,
} from "@llm-router/contracts";
import type {
  BreakerConfig,
  CacheConfig,
  LimitsConfig,
  ModelConfig,
  PriorityClass,
  RetentionConfig,
  RouteConfig,
} from "@llm-router/contracts";
import { redisError } from "./redis.ts";
import { asList, type QueueContext } from "./scripts.ts";

/** Definitions as they stand in Redis, for producers, which have no file. */
export interface SharedConfig {
  version: string;
  models: Map<string, ModelConfig>;
  routes: Map<PriorityClass, RouteConfig>;
  breaker: BreakerConfig;
  cache: CacheConfig;
  retention: RetentionConfig;
  limits: LimitsConfig;
}

export interface Definition {
  /** `model:<name>`, `route:<CLASS>`, `breaker`, `cache`, `retention` or `limits`. */
  field: string;
  /** Canonical JSON; secrets are names (`${ENV}`), never values. */
  json: string;
  /** Of a model: what the scripts read of it. */
  limits?: ModelLimits;
}

export interface ModelLimits {
  model: ModelConfig;
  concurrency: number;
  breaker: BreakerConfig;
}

export interface Conflict {
  existing: string;
  holder: string;
}

/** First writer defines; an equal definition is a no-op. A different one while a process serves it is a conflict, unless `apply`. */
export async function define(
  context: QueueContext,
  definition: Definition,
  options: { holder: string; apply: boolean },
): Promise<Conflict | undefined> {
  const name = definition.field.startsWith("model:") ? definition.field.slice("model:".length) : "";
  const limits = definition.limits ? limitFields(definition.limits) : [];
  const [kind, existing, holder] = asList(
    await context
      .run("define", [definition.field, definition.json, options.apply ? 1 : 0, options.holder, name, ...limits])
      .catch((error: unknown) => {
        throw redisError(error, `defining ${definition.field}`);
      }),
  ).map(String);
  return kind === "conflict" ? { existing: existing ?? "", holder: holder ?? "" } : undefined;
}

function limitFields({ model, concurrency, breaker }: ModelLimits): string[] {
  const share = (percent: number) => String(Math.ceil((model.maxQueueDepth * percent) / 100));
  const { critical, high, normal, low } = model.classShare;
  return Object.entries({
    max: model.maxQueueDepth,
    conc: concurrency,
    s0: share(critical),
    s1: share(high),
    s2: share(normal),
    s3: share(low),
    rpm: model.rpm ?? "",
    tpm: model.tpm ?? "",
    bf: breaker.enabled ? breaker.failureThreshold : 0,
    br: breaker.recoveryTimeoutMs,
    bst: breaker.successThreshold,
    bp: breaker.halfOpenProbes,
  }).flatMap(([field, value]) => [field, String(value)]);
}

/**
 * Reads every definition of the namespace.
 * @throws {RouterError} SCHEMA_MISMATCH when the data is of another version.
 */
export async function readSharedConfig(context: QueueContext): Promise<SharedConfig> {
  const fields = await context.redis.hgetall(context.keys.config).catch((error: unknown) => {
    throw redisError(error, "reading the configuration");
  });
  assertSchema(fields["schemaVersion"], context.keys.namespace);
  const models = new Map<string, ModelConfig>();
  const routes = new Map<PriorityClass, RouteConfig>();
  for (const [field, json] of Object.entries(fields)) {
    if (field.startsWith("model:")) models.set(field.slice("model:".length), modelSchema.parse(JSON.parse(json)));
  }
  for (const name of priorityClasses) {
    const json = fields[`route:${name}`];
    if (json !== undefined) routes.set(name, routeSchema.parse(JSON.parse(json)));
  }
  const order = (fields["order"] ?? "").split(" ").filter((name) => models.has(name));
  const ordered = new Map(
    [...new Set([...order, ...models.keys()])].flatMap((name) => {
      const model = models.get(name);
      return model ? [[name, model] as const] : [];
    }),
  );
  return {
    version: fields["version"] ?? "0",
    models: ordered,
    routes,
    breaker: breakerSchema.parse(JSON.parse(fields["breaker"] ?? "{}")),
    cache: cacheSchema.parse(JSON.parse(fields["cache"] ?? "{}")),
    retention: retentionSchema.parse(JSON.parse(fields["retention"] ?? "{}")),
    limits: limitsSchema.parse(JSON.parse(fields["limits"] ?? "{}")),
  };
}

/** Stamps the namespace with the version of our data. @throws {RouterError} SCHEMA_MISMATCH. */
export async function stampSchema(context: QueueContext): Promise<void> {
  const { redis, keys } = context;
  const read = async () => (await redis.hget(keys.config, "schemaVersion")) ?? undefined;
  let found = await read();
  if (found === undefined) {
    // Only then written: a full Redis takes no new field, and must not keep a worker from what is to be drained.
    await redis.hsetnx(keys.config, "schemaVersion", schemaVersion);
    found = await read();
  }
  assertSchema(found, keys.namespace);
}

function assertSchema(found: string | undefined, namespace: string): void {
  if (found === undefined || Number(found) === schemaVersion) return;
  throw new RouterError(
    "SCHEMA_MISMATCH",
    `The data of namespace ${namespace} is of version ${found}, this process of version ${schemaVersion}; upgrade ${Number(found) > schemaVersion ? "this process" : "the others"}, or use another LLMR_NAMESPACE.`,
  );
}
