import { type BackendRegistry, createBackendRegistry } from "@llm-router/backends";
import {
  type CallOptions,
  Client,
  compileOptions,
  type DeltaStream,
  type EnqueueOutcome,
  type JobHandle,
  type ModelStatus,
  type Request,
  type Result,
  type Stats,
} from "@llm-router/client";
import {
  type BackendFactory,
  type BreakerConfig,
  type CacheConfig,
  modelName,
  modelSchema,
  parseConfigPart,
  refuseUnknownOptions,
  resolvePriority,
  type RouteConfig,
  RouterError,
  routeSchema,
  breakerSchema,
  cacheSchema,
} from "@llm-router/contracts";
import { SemanticTier } from "@llm-router/dispatcher";
import { KeepAlive } from "@llm-router/job-queue";
import { createLogger } from "@llm-router/service-kit";
import {
  type BreakerOptions,
  type CacheOptions,
  type LLMRouterOptions,
  type ModelOptions,
  routerOptionNames,
  type RouteOptions,
} from "./options.ts";
import { LocalWorker } from "./local-worker.ts";

/**
 * A client and a worker in one process. Models that are added here are served here, and by any other worker of the
 * namespace that has them; without one it is a plain client. The first call starts it.
 */
export class LLMRouter {
  readonly #client: Client;
  readonly #worker: LocalWorker;
  readonly #registry: BackendRegistry = createBackendRegistry();
  readonly #keepAlive = new KeepAlive();

  /** @throws {RouterError} CONFIG_INVALID, also for what is no option. */
  constructor(options: LLMRouterOptions = {}) {
    refuseUnknownOptions("LLMRouter", options, routerOptionNames);
    const { concurrency: _concurrency, shutdownGraceMs: _graceMs, logger: _logger, ...clientOptions } = options;
    const { redis, namespace } = compileOptions(options);
    const { env = process.env, logger: log = createLogger({ name: "llm-router", level: "warn" }) } = options;
    const semantic = new SemanticTier({ redis, namespace, env, log });
    this.#client = new Client({ semanticCache: semantic, ...clientOptions });
    this.#worker = new LocalWorker(options, this.#registry, semantic);
  }

  /** Makes a provider of your own usable as `provider: name`. @throws {RouterError} CONFIG_INVALID when the name is taken. */
  registerBackend(name: string, factory: BackendFactory): this {
    this.#registry.register(name, factory);
    return this;
  }

  /**
   * Adds a model: a provider's (`{ provider: "ollama", model: "qwen2.5:3b" }`), or a backend of your own (`{ backend }`).
   * @throws {RouterError} CONFIG_INVALID naming the option; CONFIG_CONFLICT comes from the next call.
   */
  addModel(name: string, options: ModelOptions): this {
    const { backend, ...rest } = { backend: undefined, ...options };
    const definition = { ...(backend ? { provider: "custom", model: name } : {}), ...rest };
    const known = modelName.safeParse(name);
    if (!known.success)
      throw new RouterError("CONFIG_INVALID", `The model name ${JSON.stringify(name)} ${known.error.issues[0]?.message ?? "is invalid"}.`);
    this.#worker.change({ kind: "model", name, model: parseConfigPart(modelSchema, definition, ["models", name]), backend });
    return this;
  }

  /** Routes a class: its targets in order, then its fallbacks. @throws {RouterError} CONFIG_INVALID. */
  addRoute(priority: string | number, options: RouteOptions): this {
    const { class: name } = resolvePriority(priority);
    const route: RouteConfig = parseConfigPart(routeSchema, options, ["routes", name.toLowerCase()]);
    this.#worker.change({ kind: "route", name, route });
    return this;
  }

  /** Sets the breaker of every model; what is left out keeps its default (5 failures, 60 s, 3 successes, 1 probe). @throws {RouterError} CONFIG_INVALID. */
  enableCircuitBreaker(options: BreakerOptions = {}): this {
    const breaker: BreakerConfig = parseConfigPart(breakerSchema, options, ["breaker"]);
    this.#worker.change({ kind: "breaker", breaker });
    return this;
  }

  /**
   * Turns the answer cache on (24 h, 10,000 entries). Where `@llm-router/semantic-cache` is installed, questions in other
   * words are answered, too; a `similarityThreshold` below 1, or `semantic: true`, asks for that.
   * @throws {RouterError} CONFIG_INVALID; CACHE_NOT_INSTALLED comes from the next call.
   */
  enableCache(options: CacheOptions = {}): this {
    const cache: CacheConfig = parseConfigPart(cacheSchema, { ...options, enabled: true }, ["cache"]);
    const needsSemantic = options.semantic ?? options.similarityThreshold !== undefined;
    this.#worker.change({ kind: "cache", cache, needsSemantic });
    return this;
  }

  /** Connects, and starts serving the models that were added. Calls do this by themselves. */
  async start(): Promise<this> {
    await this.#keepAlive.during(async () => {
      await this.#client.connect();
      await this.#worker.apply();
    });
    return this;
  }

  /** Submits a request and waits for its answer; see {@link Client.generate}. A bare string is a prompt. */
  async generate(request: string | Request, options: Partial<Request> & CallOptions = {}): Promise<Result> {
    const [body, call] = split(request, options);
    return this.#keepAlive.during(async () => {
      await this.start();
      return this.#client.generate(body, call);
    });
  }

  /** Submits a request and yields its deltas; see {@link Client.stream}. */
  stream(request: string | Request, options: Partial<Request> & CallOptions = {}): DeltaStream {
    const [body, call] = split(request, options);
    return this.#client.stream(
      body,
      call,
      this.#keepAlive.during(() => this.start()),
    );
  }

  /** Submits a request and returns its handle; see {@link Client.enqueue}. */
  async enqueue(request: string | Request, options: Partial<Request> & CallOptions = {}): Promise<JobHandle> {
    const [body, call] = split(request, options);
    return this.#keepAlive.during(async () => {
      await this.start();
      return this.#client.enqueue(body, call);
    });
  }

  /** Submits many; each is accepted or refused for itself. */
  async enqueueMany(requests: readonly Request[], options: CallOptions = {}): Promise<EnqueueOutcome[]> {
    return this.#keepAlive.during(async () => {
      await this.start();
      return this.#client.enqueueMany(requests, options);
    });
  }

  /** A handle for a request of any process. */
  attach(id: string): JobHandle {
    return this.#client.attach(id);
  }

  /** Counters of the namespace. */
  async getStats(): Promise<Stats> {
    await this.start();
    return this.#client.getStats();
  }

  async getModelStatus(): Promise<ModelStatus[]> {
    await this.start();
    return this.#client.getModelStatus();
  }

  /** Finishes what runs here or hands it back, and closes everything. What was accepted runs on elsewhere. */
  async close(): Promise<void> {
    await this.#keepAlive.during(async () => {
      await this.#worker.close();
      await this.#client.close();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

function split(request: string | Request, { signal, ...fields }: Partial<Request> & CallOptions): [Request, CallOptions] {
  const body = typeof request === "string" ? { prompt: request, ...fields } : { ...request, ...fields };
  return [body, signal === undefined ? {} : { signal }];
}
