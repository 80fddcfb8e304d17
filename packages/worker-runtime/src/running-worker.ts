import { hostname } from "node:os";
import { type BackendRegistry, createBackendRegistry } from "@llm-router/backends";
import { type Backend, type BreakerConfig, type CacheConfig, cacheSchema, type Config, type ModelConfig, type PriorityClass, type RouteConfig } from "@llm-router/contracts";
import {
  connectRedis,
  type ControlMessage,
  type Definition,
  isConnectionError,
  Maintenance,
  type QueueContext,
  Slots,
  subscribeControl,
} from "@llm-router/job-queue";
import { readBreaker } from "./breakers/read-breaker.ts";
import { writeCache } from "./cache-write.ts";
import { type RunCounters, sumCounters } from "./counters.ts";
import { createBackend } from "./create-backend.ts";
import { definitionsOf, modelDefinition, publishDefinitions, settingDefinition } from "./definitions.ts";
import { aliveMs, Heartbeat } from "./heartbeat.ts";
import type { Readiness, ServedModelStatus, WorkerHandle, WorkerOptions } from "./options.ts";
import type { CacheEntry } from "./ports.ts";
import { ServedModel } from "./served-model.ts";
import { version } from "./version.ts";
import { within } from "./within.ts";

type Connection = ReturnType<typeof connectRedis>;
type RunnableBackend = ReturnType<typeof createBackend>;

const defaultGraceMs = 25_000;
/** After the grace period: for the aborted runs to be handed back, ms. */
const handBackMs = 3_000;
/** For each of the last steps, which fail at once when Redis is there, or is not, ms. */
const lastStepMs = 500;

/** A worker process's part in a namespace: the models it serves, its heartbeat, its ear for news, its share of maintenance. */
export class RunningWorker implements WorkerHandle {
  readonly workerId: string;
  readonly #options: WorkerOptions;
  readonly #context: QueueContext;
  readonly #subscriber: Connection;
  readonly #registry: BackendRegistry;
  readonly #slots: Slots | undefined;
  readonly #heartbeat: Heartbeat;
  readonly #maintenance: Maintenance;
  readonly #served = new Map<string, ServedModel>();
  /** Models that were defined anew while runs of the old definition go on. */
  readonly #retired = new Set<ServedModel>();
  readonly #names = new Set<string>();
  readonly #startedAt = new Date().toISOString();
  #config: Config;
  #changes: Promise<unknown> = Promise.resolve();
  #stopping = false;
  #closing: Promise<void> | undefined;

  constructor(options: WorkerOptions, context: QueueContext, workerId: string) {
    this.workerId = workerId;
    this.#options = options;
    this.#context = context;
    this.#config = { ...options.config, models: { ...options.config.models }, routes: { ...options.config.routes } };
    this.#subscriber = connectRedis(options.redis, "subscriber");
    this.#registry = options.registry ?? createBackendRegistry();
    this.#slots = options.concurrency === undefined ? undefined : new Slots(options.concurrency);
    this.#heartbeat = new Heartbeat({
      context,
      workerId,
      models: () => [...this.#names],
      info: () => this.#info(),
      onBeat: () => this.#catchUp(),
      onError: (error) => this.#report(error),
    });
    this.#maintenance = new Maintenance({
      context,
      owner: workerId,
      onError: (error) => this.#report(error),
      onRecovered: (jobs) => options.logger.warn({ jobs }, "took back requests whose worker is gone"),
    });
  }

  /** Defines, announces, and then begins to take jobs of `models`. */
  async start(models: readonly string[]): Promise<void> {
    // First what can fail without Redis: a process that cannot serve leaves nothing behind.
    const backends = models.map((name) => this.#backendOf(name, this.#options.instances?.get(name)));
    await this.#announce(definitionsOf(this.#config), models);
    await this.#listen();
    for (const [index, name] of models.entries()) {
      const backend = backends[index];
      if (backend) await this.#serve(name, backend);
    }
    this.#heartbeat.start();
    this.#maintenance.startReaper();
    this.#maintenance.startWorkerDuties();
  }

  models(): string[] {
    return [...this.#names];
  }

  addModel(name: string, model: ModelConfig, instance?: Backend): Promise<void> {
    return this.#change(async () => {
      this.#config.models[name] = model;
      const backend = this.#backendOf(name, instance);
      await this.#announce([modelDefinition(name, model, this.#config.breaker)], [name]);
      await this.#serve(name, backend);
    });
  }

  setRoute(name: PriorityClass, route: RouteConfig): Promise<void> {
    return this.#change(() => this.#publish([settingDefinition(`route:${name}`, route)]));
  }

  setBreaker(breaker: BreakerConfig): Promise<void> {
    return this.#change(async () => {
      await this.#publish([settingDefinition("breaker", breaker)]);
      this.#config.breaker = breaker;
      // The scripts read the breaker's limits from each model.
      await this.#publish(Object.entries(this.#config.models).map(([name, model]) => modelDefinition(name, model, breaker)));
      await this.#readBreakers();
    });
  }

  setCache(cache: CacheConfig): Promise<void> {
    return this.#change(async () => {
      await this.#publish([settingDefinition("cache", cache)]);
      this.#config.cache = cache;
    });
  }

  status(): ServedModelStatus[] {
    return [...this.#served.values()].map((model) => model.status());
  }

  counters(): RunCounters {
    return sumCounters([...this.#served.values()].map((model) => model.counters));
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
    const models = [...this.#served.values(), ...this.#retired];
    const drained = Promise.all(models.map((model) => model.stopTaking()));
    if (!(await within(drained, graceMs))) {
      this.#stopping = true;
      for (const model of models) model.abortAll("shutdown");
      if (!(await within(drained, handBackMs))) this.#options.logger.warn("closing with runs that could not be handed back; another worker takes them over");
    }
    await within(this.#heartbeat.leave(), lastStepMs);
    await within(this.#maintenance.close(), lastStepMs);
    // What still retries against an absent Redis gives up now.
    this.#subscriber.disconnect();
    this.#context.redis.disconnect();
    await within(Promise.all(models.map((model) => model.closeBackend())), lastStepMs);
  }

  /** One change of the configuration at a time. */
  #change(work: () => Promise<void>): Promise<void> {
    const done = this.#changes.then(work);
    this.#changes = done.catch(() => undefined); // its caller gets the error
    return done;
  }

  #backendOf(name: string, instance: Backend | undefined): RunnableBackend {
    const model = this.#config.models[name];
    if (!model) throw new Error(`no definition of ${name}`);
    return createBackend({ name, model, env: this.#options.env, registry: this.#registry, instance });
  }

  #publish(definitions: readonly Definition[]): Promise<void> {
    const holder = `worker ${this.workerId} (pid ${process.pid} on ${hostname()})`;
    return publishDefinitions(this.#context, definitions, { holder, apply: this.#options.apply ?? false });
  }

  /**
   * Defines and says that this worker serves `names`. Two processes that start at once with different definitions see each
   * other only once they have announced themselves: the second look finds which of them lost.
   */
  async #announce(definitions: readonly Definition[], names: readonly string[]): Promise<void> {
    await this.#publish(definitions);
    const added = names.filter((name) => !this.#names.has(name));
    for (const name of added) this.#names.add(name);
    await this.#heartbeat.beat();
    await this.#publish(definitions);
  }

  async #serve(name: string, backend: RunnableBackend): Promise<void> {
    const model = this.#config.models[name];
    if (!model) throw new Error(`no definition of ${name}`);
    const { redis: target, lockMs, renewMs, logger } = this.#options;
    const old = this.#served.get(name);
    const served = new ServedModel({
      context: this.#context,
      target,
      name,
      model,
      backend,
      breaker: await readBreaker(this.#context, name),
      ...(old && { counters: old.counters }),
      slots: this.#slots,
      workerId: this.workerId,
      ...(lockMs !== undefined && { lockMs }),
      ...(renewMs !== undefined && { renewMs }),
      logger,
      isStopping: () => this.#stopping,
      onBlocked: () => this.#maintenance.move(),
      writeCache: (entry, counters) => void this.#writeCache(entry, counters),
      onError: (error) => this.#report(error),
    });
    this.#served.set(name, served);
    if (old) void this.#retire(old);
  }

  async #retire(model: ServedModel): Promise<void> {
    this.#retired.add(model);
    await model.stopTaking();
    this.#retired.delete(model);
    await model.closeBackend();
  }

  async #listen(): Promise<void> {
    await subscribeControl(this.#subscriber, this.#context.keys, (message) => this.#onNews(message));
    this.#subscriber.on("ready", () => this.#catchUp());
    const { redis } = this.#context;
    redis.on("ready", () => {
      this.#options.logger.info("Redis is back");
      this.#heartbeat.soon();
    });
    let wasReady = true;
    redis.on("close", () => {
      if (wasReady && !this.#closing) this.#options.logger.warn("lost the connection to Redis; runs go on and are finished when it is back");
      wasReady = false;
    });
    redis.on("ready", () => {
      wasReady = true;
    });
  }

  #onNews(message: ControlMessage): void {
    if (message.type === "abort") {
      for (const model of [...this.#served.values(), ...this.#retired]) model.abort(message.id, message.epoch, message.reason);
    } else if (message.type === "breaker") {
      this.#served.get(message.model)?.breaker.apply(message);
      this.#maintenance.move();
    } else if (message.field === "cache") {
      void this.#change(() => this.#readCache()).catch((error: unknown) => this.#report(error));
    }
  }

  /** News may have been missed: look at the truth. */
  #catchUp(): void {
    this.#readBreakers().catch((error: unknown) => this.#report(error));
  }

  async #readBreakers(): Promise<void> {
    await Promise.all([...this.#served.values()].map((model) => model.readBreaker()));
  }

  async #readCache(): Promise<void> {
    const json = await this.#context.redis.hget(this.#context.keys.config, "cache");
    if (json !== null) this.#config.cache = cacheSchema.parse(JSON.parse(json));
  }

  async #writeCache(entry: CacheEntry, counters: RunCounters): Promise<void> {
    const { cache } = this.#config;
    if (!cache.enabled) return;
    try {
      await writeCache(this.#context, cache, entry);
      counters.cacheWrites += 1;
    } catch (error) {
      // A cache that cannot be written costs a call later, never an answer.
      counters.cacheWriteFailures += 1;
      this.#report(error);
    }
  }

  #info(): string {
    const health = Object.fromEntries(this.status().map(({ name, health: last }) => [name, last]));
    return JSON.stringify({ pid: process.pid, host: hostname(), version, startedAt: this.#startedAt, models: [...this.#names], health });
  }

  /** That Redis is away is said once, where the connection is lost. */
  #report(error: unknown): void {
    if (this.#closing || isConnectionError(error)) return;
    this.#options.logger.warn({ err: error }, "a worker's background task failed; it is tried again");
  }
}
