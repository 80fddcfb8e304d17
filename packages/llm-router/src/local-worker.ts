import type { BackendRegistry } from "@llm-router/backends";
import { compileOptions } from "@llm-router/client";
import type { Backend, BreakerConfig, CacheConfig, ModelConfig, PriorityClass, RouteConfig } from "@llm-router/contracts";
import { parseConfig } from "@llm-router/contracts";
import type { SemanticTier } from "@llm-router/dispatcher";
import { createLogger } from "@llm-router/service-kit";
import { startWorker, type WorkerHandle } from "@llm-router/worker-runtime";
import type { LLMRouterOptions } from "./options.ts";

export type Change =
  | { kind: "model"; name: string; model: ModelConfig; backend: Backend | undefined }
  | { kind: "route"; name: PriorityClass; route: RouteConfig }
  | { kind: "breaker"; breaker: BreakerConfig }
  | { kind: "cache"; cache: CacheConfig; needsSemantic: boolean };

/** The worker inside a router's process: there as soon as something is defined, and changed as more is. */
export class LocalWorker {
  readonly #options: LLMRouterOptions;
  readonly #registry: BackendRegistry;
  readonly #semantic: SemanticTier;
  #changes: Change[] = [];
  #worker: WorkerHandle | undefined;
  #applying: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: LLMRouterOptions, registry: BackendRegistry, semantic: SemanticTier) {
    this.#options = options;
    this.#registry = registry;
    this.#semantic = semantic;
  }

  /** Takes effect with the next {@link apply}. The last word on a thing counts: what was asked of it before and is not done yet is forgotten. */
  change(change: Change): void {
    const subject = subjectOf(change);
    this.#changes = [...this.#changes.filter((other) => subjectOf(other) !== subject), change];
  }

  /**
   * Makes everything true that was asked for since the last time. What fails is tried again by the next call, and fails
   * again until it is put right.
   * @throws {RouterError} CONFIG_CONFLICT, CONFIG_INVALID, REDIS_POLICY, REDIS_UNAVAILABLE.
   */
  async apply(): Promise<void> {
    if (this.#changes.length > 0) {
      const before = this.#applying;
      this.#applying = (async () => {
        await before.catch(() => undefined); // its own caller was told
        await this.#applyAll();
      })();
    }
    return this.#applying;
  }

  async #applyAll(): Promise<void> {
    for (let change = next(this.#changes); change && !this.#closed; change = next(this.#changes)) {
      const done = change;
      await this.#applyOne((this.#worker ??= await this.#start()), done);
      this.#changes = this.#changes.filter((other) => other !== done);
    }
  }

  async #applyOne(worker: WorkerHandle, change: Change): Promise<void> {
    switch (change.kind) {
      case "model":
        return worker.addModel(change.name, change.model, change.backend);
      case "route":
        return worker.setRoute(change.name, change.route);
      case "breaker":
        return worker.setBreaker(change.breaker);
      case "cache":
        // First, so that nobody is told of a cache that cannot be there.
        if (!this.#options.semanticCache) await this.#semantic.use(change.cache, change.needsSemantic);
        return worker.setCache(change.cache);
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
      // What nobody asked for here is the namespace's to say.
      settings: "adopt",
      registry: this.#registry,
      semanticCache: this.#options.semanticCache ?? this.#semantic,
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
    await this.#semantic.close();
  }
}

function subjectOf(change: Change): string {
  return "name" in change ? `${change.kind}:${change.name}` : change.kind;
}

/** Models go before the routes that name them, and the breaker before the models, so that they are defined with it. */
const rank = { breaker: 0, cache: 1, model: 2, route: 3 };

function next(changes: readonly Change[]): Change | undefined {
  return changes.toSorted((a, b) => rank[a.kind] - rank[b.kind])[0];
}
