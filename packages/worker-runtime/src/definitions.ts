import {
  canonicalDefinition,
  type Config,
  describeDifferences,
  diffDefinitions,
  type BreakerConfig,
  type CacheConfig,
  type ModelConfig,
  type PriorityClass,
  priorityClasses,
  RouterError,
} from "@llm-router/contracts";
import { define, type Definition, type QueueContext } from "@llm-router/job-queue";
import { concurrencyOf } from "./create-backend.ts";

/** A model's definition with the concurrency that it comes to, so that the default and the same number written out are equal. */
export function modelDefinition(name: string, model: ModelConfig, breaker: BreakerConfig): Definition {
  const concurrency = concurrencyOf(model);
  return { field: `model:${name}`, json: canonicalDefinition({ ...model, concurrency }), limits: { model, concurrency, breaker } };
}

/** A route or a setting. */
export function settingDefinition(
  field: `route:${PriorityClass}` | "breaker" | "cache" | "retention" | "limits",
  value: unknown,
): Definition {
  return { field, json: canonicalDefinition(value) };
}

/** The cache's settings. Whether a process answers questions in other words, and by which weights, is its own affair. */
export function cacheDefinition({ semantic: _semantic, weights: _weights, ...shared }: CacheConfig): Definition {
  return settingDefinition("cache", shared);
}

/** What of them a process keeps when it takes over the namespace's. */
export function ownCacheSettings({ semantic, weights }: CacheConfig): Partial<CacheConfig> {
  return { ...(semantic !== undefined && { semantic }), ...(weights !== undefined && { weights }) };
}

/** Everything that a configuration defines. */
export function definitionsOf({ models, routes, breaker, cache, retention, limits }: Config): Definition[] {
  return [
    ...Object.entries(models).map(([name, model]) => modelDefinition(name, model, breaker)),
    ...priorityClasses.flatMap((name) => {
      const route = routes[name.toLowerCase() as Lowercase<PriorityClass>];
      return route ? [settingDefinition(`route:${name}`, route)] : [];
    }),
    settingDefinition("breaker", breaker),
    cacheDefinition(cache),
    settingDefinition("retention", retention),
    settingDefinition("limits", limits),
  ];
}

/**
 * Puts definitions into the namespace. Those that differ from what is there go first, so that a conflict leaves nothing new behind.
 * @throws {RouterError} CONFIG_CONFLICT with a line for each definition that another process serves differently.
 */
export async function publishDefinitions(
  context: QueueContext,
  definitions: readonly Definition[],
  options: { holder: string; apply: boolean },
): Promise<void> {
  const present = await context.redis.hgetall(context.keys.config);
  const differs = ({ field, json }: Definition): boolean => present[field] !== undefined && present[field] !== json;
  await defineAll(context, definitions.filter(differs), options);
  await defineAll(
    context,
    definitions.filter((definition) => !differs(definition)),
    options,
  );
}

async function defineAll(
  context: QueueContext,
  definitions: readonly Definition[],
  options: { holder: string; apply: boolean },
): Promise<void> {
  const lines: string[] = [];
  for (const definition of definitions) {
    const conflict = await define(context, definition, options);
    if (!conflict) continue;
    const differences = diffDefinitions(JSON.parse(definition.json), JSON.parse(conflict.existing));
    const where = { here: "here", there: `in ${conflict.holder || "another process"}` };
    for (const line of describeDifferences(differences, where).split("\n")) lines.push(`${labelOf(definition.field)}.${line}`);
  }
  if (lines.length === 0) return;
  const fix = "Give both the same definition, or start with LLMR_CONFIG_APPLY=1 to replace the other one.";
  const list = lines.length === 1 ? ` ${lines.join("")}.` : `\n${lines.map((line) => `  ${line}`).join("\n")}\n`;
  throw new RouterError(
    "CONFIG_CONFLICT",
    `Namespace ${context.keys.namespace} is served with another configuration:${list}${lines.length === 1 ? " " : ""}${fix}`,
  );
}

function labelOf(field: string): string {
  const [kind, name] = field.split(":");
  if (kind === "model") return `models.${name}`;
  return kind === "route" ? `routes.${name?.toLowerCase()}` : field;
}
