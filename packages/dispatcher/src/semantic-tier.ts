import type {
  CacheConfig,
  SemanticCachePort,
  SemanticCacheState,
  SemanticCacheStatus,
  SemanticEntry,
  SemanticHit,
  SemanticLookup,
  SemanticMiss,
} from "@llm-router/contracts";
import { openSemanticCache, type OpenSemanticCacheOptions } from "./open-semantic-cache.ts";

/** One port for all of a process, before the cache is switched on and after, and while its configuration changes. */
export class SemanticTier implements SemanticCachePort {
  readonly #options: Omit<OpenSemanticCacheOptions, "cache" | "required">;
  #opened: SemanticCachePort | undefined;
  #isClosed = false;

  constructor(options: Omit<OpenSemanticCacheOptions, "cache" | "required">) {
    this.#options = options;
  }

  /** Opens what a configuration says, in the place of what was open. @throws {RouterError} CACHE_NOT_INSTALLED, CONFIG_INVALID. */
  async use(cache: CacheConfig, required: boolean): Promise<void> {
    const before = this.#opened;
    this.#opened = await openSemanticCache({ ...this.#options, cache, required });
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

  state(): SemanticCacheState {
    return this.#opened?.state() ?? { state: "off", detail: "it is switched off, or its package is not installed" };
  }

  async status(): Promise<SemanticCacheStatus> {
    return this.#opened?.status() ?? { ...this.state(), hits: 0, misses: {}, rejections: {}, stored: 0, storeFailures: 0 };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#opened?.close();
  }
}
