import { type Outcome, refuseUnknownOptions, type Request, type Result, RouterError } from "@llm-router/contracts";
import { type QueueContext, readWorkers, type WorkerInfo } from "@llm-router/job-queue";
import type { SharedConfig } from "@llm-router/job-queue";
import { ApiKeys } from "./api-keys.ts";
import { Cache } from "./cache.ts";
import { Connection } from "./connection.ts";
import { DeadLetters } from "./dead-letters.ts";
import { JobHandle } from "./job-handle.ts";
import type { Observer } from "./observe.ts";
import { type ClientOptions, clientOptionNames, compileOptions } from "./options.ts";
import { resultOf } from "./outcome-error.ts";
import { type ModelStatus, readModelStatus, readStats, type Stats } from "./statistics.ts";
import { type CallDefaults, enqueueDefaults, generateDefaults, streamDefaults, submit } from "./submit.ts";
import { DeltaStream } from "./delta-stream.ts";

export interface CallOptions {
  /** Aborting cancels the request, wherever it is. */
  signal?: AbortSignal;
}

export type EnqueueOutcome = { ok: true; job: JobHandle } | { ok: false; error: RouterError };

/** The SDK for producers. It needs only Redis: models, routes and limits are read from there. */
export class Client {
  readonly #connection: Connection;
  /** Failed requests: list, replay, purge. */
  readonly deadLetters: DeadLetters;
  /** API keys of gateways that are kept in Redis. */
  readonly apiKeys: ApiKeys;
  /** The answer cache: statistics, purge, reports of wrong hits. */
  readonly cache: Cache;

  /** @throws {RouterError} CONFIG_INVALID, also for what is no option. */
  constructor(options: ClientOptions = {}) {
    refuseUnknownOptions("Client", options, clientOptionNames);
    this.#connection = new Connection(compileOptions(options));
    this.deadLetters = new DeadLetters(this.#connection);
    this.apiKeys = new ApiKeys(this.#connection);
    this.cache = new Cache(this.#connection);
  }

  /**
   * Submits a request and waits for its answer.
   * @param request.timeoutMs Whole budget in ms, queueing included (default 120,000).
   * @throws {RouterError} INVALID_REQUEST, PROMPT_TOO_LARGE; QUEUE_FULL, ALL_MODELS_UNAVAILABLE, NO_WORKER, BUDGET_TOO_SHORT at acceptance; the outcome's code later.
   */
  async generate(request: Request, options: CallOptions = {}): Promise<Result> {
    return this.#connection.keepAlive.during(async () => {
      const job = await this.#submit(request, generateDefaults, options.signal);
      return resultOf(await cancellable(job.outcome(), () => this.#cancelAborted(job), options.signal));
    });
  }

  /**
   * Submits a request and yields its deltas as they come. Leaving the loop cancels it, unless `onDisconnect` is `continue`.
   * @param after Is waited for first; its failure is the stream's.
   */
  stream(request: Request, options: CallOptions = {}, after: Promise<unknown> = Promise.resolve()): DeltaStream {
    const job = this.#connection.keepAlive.during(async () => {
      await after;
      return this.#submit({ ...request, stream: true }, streamDefaults, options.signal, true);
    });
    return new DeltaStream(job, (request.onDisconnect ?? streamDefaults.onDisconnect) === "cancel");
  }

  /** Submits a request and returns at once with its handle (budget: 24 h by default). */
  async enqueue(request: Request, options: CallOptions = {}): Promise<JobHandle> {
    return this.#connection.keepAlive.during(() => this.#submit(request, enqueueDefaults, options.signal, true));
  }

  /** Submits many; each is accepted or refused for itself. */
  async enqueueMany(requests: readonly Request[], options: CallOptions = {}): Promise<EnqueueOutcome[]> {
    return Promise.all(
      requests.map(async (request): Promise<EnqueueOutcome> => {
        try {
          return { ok: true, job: await this.enqueue(request, options) };
        } catch (error) {
          if (RouterError.is(error)) return { ok: false, error };
          throw error;
        }
      }),
    );
  }

  /** A handle for a request of any process; nothing is read until it is asked something. */
  attach(id: string): JobHandle {
    return new JobHandle(this.#connection, id);
  }

  /** @param follow Whether the signal goes on cancelling it after this has returned. */
  async #submit(request: Request, defaults: CallDefaults, signal: AbortSignal | undefined, follow = false): Promise<JobHandle> {
    throwIfAborted(signal);
    const submitted = await submit(this.#connection, request, defaults);
    const job = new JobHandle(this.#connection, submitted.id, submitted);
    // Aborted while it was being accepted: it is in Redis now, and must not run.
    if (signal?.aborted) {
      await this.#cancelAborted(job);
      throwIfAborted(signal);
    }
    if (follow && signal) onAbortUntil(submitted.pending.promise, signal, () => void this.#cancelAborted(job).catch(() => undefined));
    return job;
  }

  /** @throws {RouterError} REDIS_UNAVAILABLE; then it is cancelled once Redis is back. */
  async #cancelAborted(job: JobHandle): Promise<Outcome> {
    return job.cancel("The caller aborted.").catch((error: unknown) => {
      this.#connection.abandon(job.id, error);
      throw error;
    });
  }

  /** With `durability: "replicated"`: requests of this client that were accepted although no replica confirmed them within a second. */
  get unreplicated(): number {
    return this.#connection.replicas?.unconfirmed ?? 0;
  }

  /** Counters of the namespace. */
  async getStats(): Promise<Stats> {
    return this.#connection.perform("reading the statistics", () => readStats(this.#connection.context));
  }

  async getModelStatus(): Promise<ModelStatus[]> {
    return this.#connection.perform("reading the models", () => readModelStatus(this.#connection.context));
  }

  /** Worker processes that live. */
  async getWorkers(): Promise<WorkerInfo[]> {
    return this.#connection.perform("reading the workers", () => readWorkers(this.#connection.context));
  }

  /** Every definition of the namespace, as it stands in Redis. Secrets are names. */
  async getConfig(): Promise<SharedConfig> {
    return this.#connection.perform("reading the configuration", () => this.#connection.config.refresh());
  }

  /** The definitions as they were last read, for a submission or by {@link getConfig}; undefined before that. */
  get knownConfig(): SharedConfig | undefined {
    return this.#connection.config.known;
  }

  /** What this client reads and writes Redis by, for tools that look at the queues themselves (the gateway's board). It closes with the client. */
  async queueContext(): Promise<QueueContext> {
    return this.#connection.perform("connecting", async () => this.#connection.context);
  }

  /** Tells `observer` of the end of each request that this client submits, until the returned function is called. It must not throw. */
  observe(observer: Observer): () => void {
    this.#connection.observers.add(observer);
    return () => this.#connection.observers.delete(observer);
  }

  /** Connects now rather than at the first call. @throws {RouterError} REDIS_UNAVAILABLE. */
  async connect(): Promise<this> {
    await this.#connection.keepAlive.during(() => this.#connection.ready());
    return this;
  }

  /** Closes the connections. What was accepted runs on; waiting calls fail with CLOSED. */
  async close(): Promise<void> {
    await this.#connection.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** A connected client. @throws {RouterError} REDIS_UNAVAILABLE, CONFIG_INVALID. */
export async function connectClient(options: ClientOptions = {}): Promise<Client> {
  return new Client(options).connect();
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new RouterError("CANCELLED", "The caller aborted before the request was accepted.", { cause: signal.reason });
}

function onAbortUntil(end: Promise<unknown>, signal: AbortSignal, onAbort: () => void): void {
  const stop = () => signal.removeEventListener("abort", onAbort);
  signal.addEventListener("abort", onAbort, { once: true });
  end.then(stop, stop);
}

/** The outcome, or that of `cancel` as soon as the signal asks for it. */
async function cancellable(outcome: Promise<Outcome>, cancel: () => Promise<Outcome>, signal: AbortSignal | undefined): Promise<Outcome> {
  if (!signal) return outcome;
  const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
  onAbortUntil(outcome, signal, () => void cancel().then(resolve, reject));
  return Promise.race([outcome, promise]);
}
