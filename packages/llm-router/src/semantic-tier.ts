import { compileOptions } from "@llm-router/client";
import type {
  CacheConfig,
  SemanticCachePort,
  SemanticCacheStatus,
  SemanticEntry,
  SemanticHit,
  SemanticLookup,
  SemanticMiss,
} from "@llm-router/contracts";
import { openSemanticCache } from "@llm-router/dispatcher";
import { createLogger } from "@llm-router/service-kit";
import type { LLMRouterOptions } from "./options.ts";

/** The semantic cache of a router: one port for its client and its worker, before the cache is switched on and after. */
export class SemanticTier implements SemanticCachePort {
  readonly #options: LLMRouterOptions;
  #opened: SemanticCachePort | undefined;
  #isClosed = false;

  constructor(options: LLMRouterOptions) {
    this.#options = options;
  }

  /** Opens what a configuration says, in the place of what was open. @throws {RouterError} CACHE_NOT_INSTALLED, CONFIG_INVALID. */
  async use(cache: CacheConfig, required: boolean): Promise<void> {
    const { redis, namespace } = compileOptions(this.#options);
    const { env = process.env, logger: log = createLogger({ name: "llm-router", level: "warn" }) } = this.#options;
    const before = this.#opened;
    this.#opened = await openSemanticCache({ cache, redis, namespace, env, log, required });
    await before?.close();
    if (this.#isClosed) await this.close();
  }

  async lookup(lookup: SemanticLookup): Promise<SemanticHit | SemanticMiss> {
    return this.#opened?.lookup(lookup) ?? { kind: "miss", reason: "off" };
  }

  store(entry: SemanticEntry): void {
    this.#opened?.store(entry);
  }

  async flushed(): Promise<void> {
    await this.#opened?.flushed();
  }

  async status(): Promise<SemanticCacheStatus> {
    const off = {
      state: "off",
      detail: "it is not switched on",
      hits: 0,
      misses: {},
      rejections: {},
      stored: 0,
      storeFailures: 0,
    } as const;
    return this.#opened?.status() ?? off;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#opened?.close();
  }
}
