import type { RunnableBackend } from "@llm-router/backends";
import type { ModelConfig } from "@llm-router/contracts";
import { connectRedis, ModelWorker, type QueueContext, type RedisTarget, type Run, type RunAbort, type Slots } from "@llm-router/job-queue";
import type { Logger } from "@llm-router/service-kit";
import { type BreakerNews, ModelBreaker } from "./breakers/model-breaker.ts";
import { refreshBreaker } from "./breakers/read-breaker.ts";
import { countOne, isFinishStatus, newCounters, type RunCounters } from "./counters.ts";
import { concurrencyOf } from "./create-backend.ts";
import { HealthMonitor } from "./health.ts";
import type { AnsweredRun, ServedModelStatus } from "./options.ts";
import type { CacheEntry } from "./ports.ts";
import { runJob } from "./run-job.ts";

export interface ServedModelOptions {
  context: QueueContext;
  target: RedisTarget;
  name: string;
  model: ModelConfig;
  backend: RunnableBackend;
  /** As Redis has it now. */
  breaker: BreakerNews;
  /** Kept when a model is defined anew, as counters only rise. */
  counters?: RunCounters;
  slots: Slots | undefined;
  workerId: string;
  lockMs?: number;
  renewMs?: number;
  logger: Logger;
  /** The process's grace period is over. */
  isStopping: () => boolean;
  /** Jobs may be waiting for a model that cannot be fetched now. */
  onBlocked: () => void;
  writeCache: (entry: CacheEntry, counters: RunCounters) => void;
  onAnswer: ((run: AnsweredRun) => void) | undefined;
  onError: (error: Error) => void;
}

/** A model as this process serves it: backend, breaker, health and the queue's worker. */
export class ServedModel {
  readonly breaker: ModelBreaker;
  readonly counters: RunCounters;
  readonly #options: ServedModelOptions;
  readonly #health: HealthMonitor;
  readonly #worker: ModelWorker;
  #concurrency: number;
  #cacheEntries: CacheEntry[] = [];
  /** performance.now() */
  #stoppedAt = Number.POSITIVE_INFINITY;

  constructor(options: ServedModelOptions) {
    this.#options = options;
    const { context, target, name, model, backend, slots, workerId, lockMs, renewMs, logger } = options;
    this.counters = options.counters ?? newCounters();
    this.breaker = new ModelBreaker(name);
    this.breaker.set(options.breaker);
    this.#health = new HealthMonitor({ model: name, backend, intervalMs: model.healthCheckIntervalMs, logger });
    const { breaker, counters } = this;
    const keepForCache = (entry: CacheEntry): void => void this.#cacheEntries.push(entry);
    const { onAnswer } = options;
    const isLate = (run: Run): boolean => this.#isLate(run);
    const ports = { context, name, model, backend, breaker, counters, logger, isLate, onAnswer, keepForCache };
    this.#concurrency = concurrencyOf(model);
    this.#worker = new ModelWorker({
      context,
      blocking: connectRedis(target, "blocking"),
      model: name,
      concurrency: this.#concurrency,
      slots,
      workerId,
      ...(lockMs !== undefined && { lockMs }),
      ...(renewMs !== undefined && { renewMs }),
      process: (run, confirm) => runJob(run, ports, confirm),
      onFinished: (_model, news) => this.#onFinished(news),
      onError: options.onError,
    });
  }

  get active(): number {
    return this.#worker.active;
  }

  /** Takes over from Redis what may change while it is served: the breaker's state, and the concurrency. */
  async refresh(): Promise<void> {
    const { context, name } = this.#options;
    const concurrency = context.redis.hget(context.keys.model(name), "conc").then((text) => this.#resize(Number(text)));
    await Promise.all([concurrency, refreshBreaker(context, name, this.breaker)]);
  }

  #resize(concurrency: number): void {
    if (concurrency < 1 || concurrency === this.#concurrency) return;
    this.#concurrency = concurrency;
    this.#worker.concurrency = concurrency;
  }

  abort(id: string, epoch: number, reason: RunAbort): boolean {
    return this.#worker.abort(id, epoch, reason);
  }

  abortAll(reason: RunAbort): void {
    this.#worker.abortAll(reason);
  }

  status(): ServedModelStatus {
    const { name, model } = this.#options;
    return {
      name,
      provider: model.provider,
      model: model.model,
      active: this.active,
      breaker: this.breaker.state,
      health: this.#health.last,
      counters: structuredClone(this.counters),
    };
  }

  /** Stops taking jobs; resolves when those under way have ended. */
  async stopTaking(): Promise<void> {
    this.#stoppedAt = performance.now();
    this.#health.close();
    await this.#worker.close();
  }

  async closeBackend(): Promise<void> {
    this.breaker.close();
    await this.#options.backend.close();
  }

  #isLate(run: Run): boolean {
    return this.#options.isStopping() || run.grantedAt > this.#stoppedAt;
  }

  #onFinished({ opened, blockedModels, status }: { opened: boolean; blockedModels: number; status: string }): void {
    if (isFinishStatus(status)) countOne(this.counters.finished, status);
    if (opened) this.counters.breakerOpened += 1;
    if (opened || blockedModels > 0) this.#options.onBlocked();
    // By now the answer is delivered (with several runs ending together, one may be a moment early, which harms nobody).
    const entries = this.#cacheEntries;
    this.#cacheEntries = [];
    for (const entry of entries) this.#options.writeCache(entry, this.counters);
  }
}
