import type { BackendRegistry } from "@llm-router/backends";
import { compileOptions } from "@llm-router/client";
import type { Backend, BreakerConfig, CacheConfig, ModelConfig, PriorityClass, RouteConfig } from "@llm-router/contracts";
import { parseConfig } from "@llm-router/contracts";
import { createLogger } from "@llm-router/service-kit";
import { startWorker, type WorkerHandle } from "@llm-router/worker-runtime";
import type { LLMRouterOptions } from "./options.ts";

export type Change =
  | { kind: "model"; name: string; model: ModelConfig; backend: Backend | undefined }
  | { kind: "route"; name: PriorityClass; route: RouteConfig }
  | { kind: "breaker"; breaker: BreakerConfig }
  | { kind: "cache"; cache: CacheConfig };

/** The worker inside a router's process: there as soon as something is defined, and changed as more is. */
export class LocalWorker {
  readonly #options: LLMRouterOptions;
  readonly #registry: BackendRegistry;
  #changes: Change[] = [];
  #worker: WorkerHandle | undefined;
  #applying: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: LLMRouterOptions, registry: BackendRegistry) {
    this.#options = options;
    this.#registry = registry;
  }

  /** Takes effect with the next {@link apply}. */
  change(change: Change): void {
    this.#changes.push(change);
  }

  /**
   * Makes everything true that was asked for since the last time.
   * @throws {RouterError} CONFIG_CONFLICT, CONFIG_INVALID, REDIS_POLICY, REDIS_UNAVAILABLE.
   */
  async apply(): Promise<void> {
    if (this.#changes.length === 0) return this.#applying;
    const changes = this.#changes;
    this.#changes = [];
    const before = this.#applying;
    this.#applying = (async () => {
      await before.catch(() => undefined);
      if (!this.#closed) await this.#applyAll(changes);
    })();
    try {
      await this.#applying;
    } catch (error) {
      // Asked for and not done: the next call tries again, and fails again until it is put right.
      this.#changes.unshift(...changes);
      this.#applying = Promise.resolve();
      throw error;
    }
  }

  async #applyAll(changes: readonly Change[]): Promise<void> {
    const worker = (this.#worker ??= await this.#start());
    // Models first: routes name them; the breaker before them, so that they are defined with it.
    const rank = { breaker: 0, cache: 1, model: 2, route: 3 };
    for (const change of changes.toSorted((a, b) => rank[a.kind] - rank[b.kind])) {
      switch (change.kind) {
        case "model":
          await worker.addModel(change.name, change.model, change.backend);
          break;
        case "route":
          await worker.setRoute(change.name, change.route);
          break;
        case "breaker":
          await worker.setBreaker(change.breaker);
          break;
        case "cache":
          await worker.setCache(change.cache);
          break;
      }
    }
  }

  async #start(): Promise<WorkerHandle> {
    const { redis, namespace, durability, redisTimeoutMs } = compileOptions(this.#options);
    const { concurrency, logger, env = process.env } = this.#options;
    return startWorker({
      redis,
      namespace,
      durability,
      connectTimeoutMs: redisTimeoutMs,
      env,
      config: parseConfig({}),
      registry: this.#registry,
      logger: logger ?? createLogger({ name: "llm-router", level: "warn" }),
      ...(concurrency === undefined ? {} : { concurrency }),
      apply: env["LLMR_CONFIG_APPLY"] === "1",
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#applying.catch(() => undefined);
    const { shutdownGraceMs } = this.#options;
    await this.#worker?.close(shutdownGraceMs === undefined ? {} : { graceMs: shutdownGraceMs });
  }
}
