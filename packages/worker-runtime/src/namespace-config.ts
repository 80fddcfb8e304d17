import {
  breakerSchema,
  type BreakerConfig,
  cacheSchema,
  type CacheConfig,
  type Config,
  limitsSchema,
  type ModelConfig,
  type PriorityClass,
  retentionSchema,
  type RouteConfig,
} from "@llm-router/contracts";
import type { Definition, QueueContext } from "@llm-router/job-queue";
import { cacheDefinition, definitionsOf, modelDefinition, ownCacheSettings, publishDefinitions, settingDefinition } from "./definitions.ts";

export interface NamespaceConfigOptions {
  context: QueueContext;
  config: Config;
  /** Who is named when another process finds a conflict. */
  holder: string;
  apply: boolean;
  settings: "define" | "adopt";
}

const settingSchemas = { breaker: breakerSchema, cache: cacheSchema, retention: retentionSchema, limits: limitsSchema };
type Setting = keyof typeof settingSchemas;
const settingNames = Object.keys(settingSchemas) as Setting[];
const isSetting = ({ field }: Definition): boolean => settingNames.some((name) => name === field);

/** What this process defines, and what of the namespace's settings it works by. */
export class NamespaceConfig {
  readonly #options: NamespaceConfigOptions;
  #config: Config;

  constructor(options: NamespaceConfigOptions) {
    this.#options = options;
    this.#config = { ...options.config, models: { ...options.config.models } };
  }

  get models(): Readonly<Record<string, ModelConfig>> {
    return this.#config.models;
  }

  get cache(): CacheConfig {
    return this.#config.cache;
  }

  /** Everything that is to be defined at the start. A process that adopts takes the settings that are there, and defines none itself. */
  async initial(): Promise<Definition[]> {
    if (this.#options.settings === "define") return definitionsOf(this.#config);
    for (const name of settingNames) await this.refresh(name);
    return definitionsOf(this.#config).filter((definition) => !isSetting(definition));
  }

  ofModel(name: string, model: ModelConfig): Definition {
    return modelDefinition(name, model, this.#config.breaker);
  }

  keepModel(name: string, model: ModelConfig): void {
    this.#config.models[name] = model;
  }

  /** @throws {RouterError} CONFIG_CONFLICT. */
  publish(definitions: readonly Definition[]): Promise<void> {
    const { context, holder, apply } = this.#options;
    return publishDefinitions(context, definitions, { holder, apply });
  }

  setRoute(name: PriorityClass, route: RouteConfig): Promise<void> {
    return this.publish([settingDefinition(`route:${name}`, route)]);
  }

  async setBreaker(breaker: BreakerConfig): Promise<void> {
    await this.publish([settingDefinition("breaker", breaker)]);
    this.#config.breaker = breaker;
    // The scripts read the breaker's limits from each model.
    await this.publish(Object.entries(this.#config.models).map(([name, model]) => this.ofModel(name, model)));
  }

  async setCache(cache: CacheConfig): Promise<void> {
    await this.publish([cacheDefinition(cache)]);
    this.#config.cache = cache;
  }

  /** Takes over what the namespace says of a setting; `field` may name anything else, too. */
  async refresh(field: string): Promise<void> {
    const name = settingNames.find((each) => each === field);
    if (name === undefined) return;
    const { redis, keys } = this.#options.context;
    const json = await redis.hget(keys.config, name);
    if (json === null) return;
    const own = name === "cache" ? ownCacheSettings(this.#config.cache) : {};
    this.#config = { ...this.#config, [name]: { ...settingSchemas[name].parse(JSON.parse(json)), ...own } };
  }
}
