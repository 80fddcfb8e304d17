import type { BackendRegistry } from "@llm-router/backends";
import type {
  Backend,
  BackendHealth,
  BreakerConfig,
  BreakerState,
  CacheConfig,
  Config,
  Env,
  ModelConfig,
  PriorityClass,
  RouteConfig,
  SemanticCachePort,
} from "@llm-router/contracts";
import type { Durability, RedisTarget } from "@llm-router/job-queue";
import type { Logger } from "@llm-router/service-kit";
import type { RunCounters } from "./counters.ts";

export interface WorkerOptions {
  redis: RedisTarget;
  namespace: string;
  /** Parsed, with secrets still as `${NAME}`. */
  config: Config;
  /** Where the secrets' names are looked up. */
  env: Env;
  /** Backends given in code, by model name; the others are made from the definition. */
  instances?: ReadonlyMap<string, Backend>;
  /** Default: the built-in providers. */
  registry?: BackendRegistry;
  /** Serve only these of the configuration's models (WORKER_MODELS; default: all). */
  models?: readonly string[];
  /** Runs of this process at once, over all models (WORKER_CONCURRENCY; default: no cap of its own). */
  concurrency?: number;
  logger: Logger;
  /** What Redis is expected to keep (default `local`); it only changes what is warned about. */
  durability?: Durability;
  /** Replace definitions that differ instead of refusing to start (LLMR_CONFIG_APPLY). */
  apply?: boolean;
  /**
   * `define` (default): the configuration's breaker, cache, retention and limits are the namespace's, or a conflict.
   * `adopt`: it says nothing about them; those of the namespace hold. For processes that are configured piece by piece.
   */
  settings?: "define" | "adopt";
  /** Told of each answer that goes into the cache (default: none, equal questions only). Whoever gives it closes it, after the worker. */
  semanticCache?: SemanticCachePort | undefined;
  /** Told of each run that gave an answer (default: nobody). It must not throw. */
  onAnswer?: ((run: AnsweredRun) => void) | undefined;
  /** Default: a random one. */
  workerId?: string;
  /** How long Redis may be away at the start, ms (default 10,000). */
  connectTimeoutMs?: number;
  /** For tests: a run's lock, ms (default 6,000). */
  lockMs?: number;
  /** For tests: lock renewal, ms (default 2,000). */
  renewMs?: number;
}

/** How long a run that gave an answer took, ms. */
export interface AnsweredRun {
  model: string;
  /** Waited in queues, in all. */
  waitMs: number;
  /** The call. */
  runMs: number;
  /** From the call to its first delta; undefined for requests that are not streamed, whose deltas nobody looks at. */
  firstTokenMs: number | undefined;
  /** From acceptance to the whole answer. */
  totalMs: number;
}

/** What this process knows of a model that it serves. */
export interface ServedModelStatus {
  name: string;
  provider: string;
  /** The provider's name. */
  model: string;
  /** Runs under way in this process. */
  active: number;
  breaker: BreakerState;
  /** Of the last health check; undefined before the first one ended. */
  health: BackendHealth | undefined;
  counters: RunCounters;
}

export interface Readiness {
  ready: boolean;
  /** Why not. */
  reasons: string[];
}

export interface WorkerHandle extends AsyncDisposable {
  readonly workerId: string;
  /** Names of the models that it serves. */
  models(): string[];
  /**
   * Serves one more model, or another definition of one it serves already.
   * @throws {RouterError} CONFIG_CONFLICT when another process serves it by another definition; CONFIG_INVALID.
   */
  addModel(name: string, model: ModelConfig, instance?: Backend): Promise<void>;
  /** Defines a class's route. @throws {RouterError} CONFIG_CONFLICT. */
  setRoute(name: PriorityClass, route: RouteConfig): Promise<void>;
  /** Defines the breaker of every model. @throws {RouterError} CONFIG_CONFLICT. */
  setBreaker(breaker: BreakerConfig): Promise<void>;
  /** Defines the answer cache. @throws {RouterError} CONFIG_CONFLICT. */
  setCache(cache: CacheConfig): Promise<void>;
  status(): ServedModelStatus[];
  /** Summed over all models. */
  counters(): RunCounters;
  /** Whether jobs can be taken now: Redis is there, and knows of this worker. */
  readiness(): Readiness;
  /**
   * Stops taking jobs, waits `graceMs` (default 25,000) for those under way, hands the rest back, and closes everything.
   * Ends at the latest about 4 s after that, also without Redis. Safe to call twice; a second call cannot lengthen the first.
   */
  close(options?: { graceMs?: number }): Promise<void>;
}
