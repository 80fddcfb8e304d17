import { hostname } from "node:os";
import { type BackendRegistry, createBackendRegistry } from "@llm-router/backends";
import {
  type Backend,
  type BreakerConfig,
  type CacheConfig,
  type ModelConfig,
  type PriorityClass,
  type RouteConfig,
} from "@llm-router/contracts";
import { type Definition, isConnectionError, Maintenance, type QueueContext, Slots } from "@llm-router/job-queue";
import { rememberQuestion, writeCache } from "./cache-write.ts";
import type { RunCounters } from "./counters.ts";
import { createBackend } from "./create-backend.ts";
import { aliveMs, Heartbeat } from "./heartbeat.ts";
import { ModelSet, type ModelToServe } from "./model-set.ts";
import { NamespaceConfig } from "./namespace-config.ts";
import type { Readiness, ServedModelStatus, WorkerHandle, WorkerOptions } from "./options.ts";
import type { CacheEntry } from "./ports.ts";
import { version } from "./version.ts";
import { within } from "./within.ts";
import { WorkerNews } from "./worker-news.ts";

const defaultGraceMs = 25_000;
/** After the grace period: for the aborted runs to be handed back, ms. */
const handBackMs = 3_000;
/** For each of the last steps, which end at once whether Redis is there or not, ms. */
const lastStepMs = 500;

/** A worker process's part in a namespace: the models it serves, its heartbeat, its ear for news, its share of maintenance. */
export class RunningWorker implements WorkerHandle {
  readonly workerId: string;
  readonly #options: WorkerOptions;
  readonly #context: QueueContext;
  readonly #registry: BackendRegistry;
  readonly #models: ModelSet;
  readonly #news: WorkerNews;
  readonly #heartbeat: Heartbeat;
  readonly #maintenance: Maintenance;
  readonly #names = new Set<string>();
  readonly #startedAt = new Date().toISOString();
  readonly #config: NamespaceConfig;
  #changes: Promise<void> = Promise.resolve();
  #stopping = false;
  #closing: Promise<void> | undefined;

  constructor(options: WorkerOptions, context: QueueContext, workerId: string) {
    const {
      redis,
      config,
      registry = createBackendRegistry(),
      concurrency,
      lockMs,
      renewMs,
      logger,
      apply = false,
      settings = "define",
    } = options;
    const onError = (error: unknown): void => this.#report(error);
    this.workerId = workerId;
    this.#options = options;
    this.#context = context;
    const holder = `worker ${workerId} (pid ${process.pid} on ${hostname()})`;
    this.#config = new NamespaceConfig({ context, config, holder, apply, settings });
    this.#registry = registry;
    this.#models = new ModelSet({
      context,
      target: redis,
      slots: concurrency === undefined ? undefined : new Slots(concurrency),
      workerId,
      ...(lockMs !== undefined && { lockMs }),
      ...(renewMs !== undefined && { renewMs }),
      logger,
      isStopping: () => this.#stopping,
      onBlocked: () => this.#maintenance.move(),
      onAnswer: options.onAnswer,
      writeCache: (entry, counters) => void this.#writeCache(entry, counters),
      onError,
    });
    this.#news = new WorkerNews({
      context,
      target: redis,
      models: this.#models,
      logger,
      isClosing: () => this.#closing !== undefined,
      onBreaker: () => this.#maintenance.move(),
      onConfig: (field) => void this.#change(() => this.#config.refresh(field)).catch(onError),
      onBack: () => this.#heartbeat.soon(),
      onError,
    });
    this.#heartbeat = new Heartbeat({
      context,
      workerId,
      models: () => this.models(),
      info: () => this.#info(),
      onBeat: () => this.#news.catchUp(),
      onError,
    });
    const onRecovered = (jobs: { model: string; id: string }[]): void => logger.warn({ jobs }, "took back requests whose worker is gone");
    this.#maintenance = new Maintenance({ context, owner: workerId, onError, onRecovered });
  }

  /** Defines, announces, and then begins to take jobs of `names`. */
  async start(names: readonly string[]): Promise<void> {
    // First what can fail without Redis: a process that cannot serve leaves nothing behind.
    const models = names.flatMap((name): ModelToServe[] => {
      const model = this.#config.models[name];
      return model ? [this.#prepare(name, model, this.#options.instances?.get(name))] : [];
    });
    await this.#announce(await this.#config.initial(), names);
    await this.#news.listen();
    for (const model of models) await this.#models.serve(model);
    this.#heartbeat.start();
    this.#maintenance.startReaper();
    this.#maintenance.startWorkerDuties();
  }

  models(): string[] {
    return [...this.#names];
  }

  addModel(name: string, model: ModelConfig, instance?: Backend): Promise<void> {
    return this.#change(async () => {
      const prepared = this.#prepare(name, model, instance);
      await this.#announce([this.#config.ofModel(name, model)], [name]);
      this.#config.keepModel(name, model);
      await this.#models.serve(prepared);
    });
  }

  setRoute(name: PriorityClass, route: RouteConfig): Promise<void> {
    return this.#change(() => this.#config.setRoute(name, route));
  }

  setBreaker(breaker: BreakerConfig): Promise<void> {
    return this.#change(async () => {
      await this.#config.setBreaker(breaker);
      await this.#models.refresh();
    });
  }

  setCache(cache: CacheConfig): Promise<void> {
    return this.#change(() => this.#config.setCache(cache));
  }

  status(): ServedModelStatus[] {
    return this.#models.status();
  }

  counters(): RunCounters {
    return this.#models.counters();
  }

  readiness(): Readiness {
    const reasons = [
      ...(this.#closing ? ["shutting down"] : []),
      ...(this.#context.redis.status === "ready" ? [] : ["Redis is away"]),
      ...(this.#heartbeat.ageMs < aliveMs ? [] : [`no heartbeat for ${aliveMs} ms`]),
    ];
    return { ready: reasons.length === 0, reasons };
  }

  close({ graceMs = defaultGraceMs }: { graceMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(graceMs);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(graceMs: number): Promise<void> {
    await within(this.#changes, lastStepMs);
    const drained = this.#models.stopTaking();
    if (!(await within(drained, graceMs))) {
      this.#stopping = true;
      this.#models.abortAll("shutdown");
      const handedBack = await within(drained, handBackMs);
      if (!handedBack) this.#options.logger.warn("closing with runs that could not be handed back; another worker takes them over");
    }
    await within(this.#heartbeat.leave(), lastStepMs);
    await within(this.#maintenance.close(), lastStepMs);
    // What still retries against an absent Redis gives up now.
    this.#news.close();
    this.#context.redis.disconnect();
    await within(this.#models.closeBackends(), lastStepMs);
  }

  /** One change of the configuration at a time. */
  #change(work: () => Promise<void>): Promise<void> {
    const done = this.#changes.then(work);
    this.#changes = done.catch(() => undefined); // its caller gets the error
    return done;
  }

  #prepare(name: string, model: ModelConfig, instance: Backend | undefined): ModelToServe {
    const { env } = this.#options;
    return { name, model, backend: createBackend({ name, model, env, registry: this.#registry, instance }) };
  }

  /**
   * Defines, and says that this worker serves `names`. Two processes that start at once with different definitions see each
   * other only once they have announced themselves: the second look finds which of them lost.
   */
  async #announce(definitions: readonly Definition[], names: readonly string[]): Promise<void> {
    await this.#config.publish(definitions);
    for (const name of names) this.#names.add(name);
    await this.#heartbeat.beat();
    await this.#config.publish(definitions);
  }

  async #writeCache(entry: CacheEntry, counters: RunCounters): Promise<void> {
    const { cache } = this.#config;
    if (!cache.enabled) return;
    try {
      await writeCache(this.#context, cache, entry);
      counters.cacheWrites += 1;
      rememberQuestion(this.#options.semanticCache, cache, entry);
    } catch (error) {
      // A cache that cannot be written costs a call later, never an answer.
      counters.cacheWriteFailures += 1;
      this.#report(error);
    }
  }

  #info(): string {
    const health = Object.fromEntries(this.status().map(({ name, health: last }) => [name, last]));
    const semanticCache = this.#options.semanticCache?.state() ?? {
      state: "off",
      detail: "it is switched off, or its package is not installed",
    };
    const self = { pid: process.pid, host: hostname(), version, startedAt: this.#startedAt };
    return JSON.stringify({ ...self, models: this.models(), health, semanticCache });
  }

  /** That Redis is away is said once, where the connection is lost. */
  #report(error: unknown): void {
    if (this.#closing || isConnectionError(error)) return;
    this.#options.logger.warn({ err: error }, "a background task of the worker failed; it is tried again");
  }
}
