import { type IQueueBackend, Worker } from "bullmq";
import type { Redis } from "ioredis";
import { confirmGrant } from "./confirm-grant.ts";
import { KeepAlive } from "./keep-alive.ts";
import { modelBackendFactory, type NextJob } from "./bullmq/model-backend.ts";
import { resize } from "./bullmq/resize.ts";
import { isConnectionError, whenReady } from "./redis.ts";
import { type Decision, type Grant, parseGrant, type Run, type RunAbort } from "./run.ts";
import { RunLocks } from "./run-locks.ts";
import { asList, type QueueContext } from "./scripts.ts";
import { SlotClaim, type Slots } from "./slots.ts";

export interface ModelWorkerOptions {
  context: QueueContext;
  /** Its own connection: it blocks. */
  blocking: Redis;
  model: string;
  /** Runs of this process at once; the model's own bound over all processes is kept by the fetch script. */
  concurrency: number;
  /** Shared by all models of the process. */
  slots?: Slots | undefined;
  workerId: string;
  lockMs?: number;
  renewMs?: number;
  /** Runs a job; must not throw. */
  process(run: Run): Promise<Decision>;
  /** After each finish: `opened` when it opened the breaker, `blockedModels` how many models are blocked now. */
  onFinished(model: string, news: { opened: boolean; blockedModels: number; status: string }): void;
  onError(error: Error): void;
}

/** Times of DESIGN section 5. */
export const defaultLockMs = 6_000;
export const defaultRenewMs = 2_000;
const drainDelaySeconds = 2;
const retryMs = 500;
/** Between two tries at least, ms. */
const pauseMs = 20;

/** Takes a model's jobs through our scripts, with BullMQ's Worker as the engine. */
export class ModelWorker {
  readonly #options: ModelWorkerOptions;
  readonly #lockMs: number;
  readonly #locks: RunLocks;
  readonly #decisions = new Map<Run, Decision>();
  readonly #worker: Worker<unknown, void, string, IQueueBackend>;
  readonly #closing = new AbortController();
  /** The last grant said that there was nothing beside it. */
  #nothingLeft = false;
  #wokenAt = Number.NEGATIVE_INFINITY;
  readonly #claim: SlotClaim | undefined;
  /** A run under way is worth waiting for, up to its finish. */
  readonly #keepAlive = new KeepAlive();

  constructor(options: ModelWorkerOptions) {
    this.#options = options;
    this.#lockMs = options.lockMs ?? defaultLockMs;
    const { context, blocking, model, slots } = options;
    this.#claim = slots && new SlotClaim(slots);
    this.#locks = new RunLocks({
      context,
      model,
      lockMs: this.#lockMs,
      renewMs: options.renewMs ?? defaultRenewMs,
      onError: (error) => options.onError(error),
    });
    const backend = modelBackendFactory({
      blocking,
      closing: this.#closing.signal,
      markerKey: `${context.keys.queue(model)}:marker`,
      fetch: (token) => this.#fetch(token),
      finish: (id, token, fetchNext) => this.#finish(id, token, fetchNext),
      slotFree: () => this.#claim?.pending,
      onWoken: () => {
        this.#wokenAt = performance.now();
        this.#nothingLeft = false;
      },
    });
    this.#worker = new Worker<unknown, void, string, IQueueBackend>(
      context.keys.queueName(model),
      (job, token) => this.#process(job.id ?? "", token ?? ""),
      {
        connection: context.redis,
        prefix: context.keys.prefix,
        concurrency: options.concurrency,
        drainDelay: drainDelaySeconds,
        runRetryDelay: retryMs,
        // Locks are renewed by RunLocks, with the run's epoch; stalled jobs are recovered by maintenance, for every queue.
        skipLockRenewal: true,
        skipStalledCheck: true,
        skipVersionCheck: true,
      },
      backend,
    );
    this.#worker.on("error", (error) => options.onError(error));
  }

  /** Runs under way. */
  get active(): number {
    return this.#locks.size;
  }

  /** Runs of this process at once, from now on. */
  set concurrency(count: number) {
    resize(this.#worker, count);
  }

  /** Aborts a run of this worker. False when it has none such. */
  abort(id: string, epoch: number, reason: RunAbort): boolean {
    const run = this.#locks.all.find((each) => each.id === id && each.epoch === epoch);
    run?.abort.abort(reason);
    return run !== undefined;
  }

  abortAll(reason: RunAbort): void {
    for (const run of this.#locks.all) run.abort.abort(reason);
  }

  /** Stops taking jobs and waits for those under way; abort them to make it short. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#claim?.close();
    await this.#worker.close();
    this.#locks.close();
    // BullMQ closes it, as a rule. A connection that is closed twice leaves a timer of 2 s behind.
    if (this.#options.blocking.status !== "end") this.#options.blocking.disconnect();
  }

  async #fetch(token: string): Promise<NextJob> {
    const { context, model, workerId, slots } = this.#options;
    if (this.#closing.signal.aborted) return {};
    if (this.#nothingLeft) {
      // BullMQ asks again right after each job. Whatever has come since then has set the marker, which it waits for next.
      this.#nothingLeft = false;
      return {};
    }
    if (this.#claim && !this.#claim.tryTake()) {
      // This process is full: another one may have the wake-up that brought us here. Not waited for here, because BullMQ
      // begins the jobs that it has only when a fetch has ended.
      await context.redis.zadd(`${context.keys.queue(model)}:marker`, 0, "0").catch(() => undefined);
      return {};
    }
    try {
      const askedAt = performance.now();
      const reply = asList(await context.run("fetch", [model, token, `llmr:${workerId}`, workerId, this.#lockMs]));
      const grant = parseGrant(reply, model, token, askedAt);
      this.#take(grant);
      return grant;
    } catch (error) {
      slots?.give();
      return this.#backOff(error);
    }
  }

  /** Redis is away, or refused: come back later instead of spinning. */
  async #backOff(error: unknown): Promise<NextJob> {
    if (!isConnectionError(error)) this.#options.onError(error instanceof Error ? error : new Error(String(error)));
    await whenReady(this.#options.context.redis, retryMs, this.#closing.signal).catch(() => undefined);
    // Maybe nothing was waited for there: this worker closes, or the connection broke and says so only in its next turn. A loop of such
    // failures would leave no turn for sockets, timers and signals.
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    return { retryInMs: isConnectionError(error) ? 50 : retryMs };
  }

  #take({ run, more }: Grant): void {
    if (!run) {
      this.#options.slots?.give();
      return;
    }
    // A marker that was taken since we asked may stand for a job that came after the grant.
    this.#nothingLeft = more === false && this.#wokenAt < run.askedAt;
    this.#keepAlive.hold();
    this.#locks.hold(run);
  }

  async #process(id: string, token: string): Promise<void> {
    const run = this.#locks.get(id, token);
    if (!run) throw new Error(`job ${id} was not granted by our fetch script`);
    const { context } = this.#options;
    const confirm = { context, locks: this.#locks, lockMs: this.#lockMs, backOff: (error: unknown) => this.#backOff(error) };
    this.#decisions.set(run, (await confirmGrant(run, confirm)) ?? (await this.#options.process(run)));
    this.#locks.decided(run);
  }

  async #finish(id: string, token: string, fetchNext: boolean): Promise<NextJob | undefined> {
    const { context, model, workerId, slots } = this.#options;
    const run = this.#locks.get(id, token);
    if (!run) throw new Error(`job ${id} is not running here`);
    const decision: Decision = this.#decisions.get(run) ?? { mode: "release", breaker: "none", runMs: 0, note: "internal error" };
    const { mode, json = "", breaker, runMs, tokens = -1, holdMs = 0, refused = false, note } = decision;
    const result = [mode, json, breaker, Math.round(runMs), tokens];
    const worker = [fetchNext && !slots?.contended ? 1 : 0, token, `llmr:${workerId}`, workerId, this.#lockMs];
    const args = [model, id, run.epoch, ...result, ...worker, Math.round(holdMs), refused ? 1 : 0, note];
    let askedAt = 0;
    const [status, opened, blockedModels, next] = await this.#untilDone(async () => {
      askedAt = performance.now();
      return asList(await context.run("finish", args));
    });
    this.#locks.release(run);
    this.#decisions.delete(run);
    this.#keepAlive.release();
    const grant: Grant = Array.isArray(next) && next.length > 0 ? parseGrant(next, model, token, askedAt) : {};
    this.#take(grant);
    this.#options.onFinished(model, { opened: opened === 1, blockedModels: Number(blockedModels), status: String(status) });
    return grant;
  }

  /** The finish is idempotent and must happen: it is tried again on every error, while the lock is renewed beside it. */
  async #untilDone<T>(attempt: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        if (this.#worker.closing && this.#options.context.redis.status === "end") throw error;
        await this.#backOff(error);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }
}
