import { type IQueueBackend, Worker } from "bullmq";
import type { Redis } from "ioredis";
import { KeepAlive } from "./keep-alive.ts";
import { modelBackendFactory, type NextJob } from "./bullmq/model-backend.ts";
import { resize } from "./bullmq/resize.ts";
import { isConnectionError, whenReady } from "./redis.ts";
import { type Decision, type Grant, parseGrant, type Run, type RunAbort } from "./run.ts";
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
/** Between two tries of a worker that closes, ms. */
const closingPauseMs = 20;
/** A grant whose answer came within this time is taken as it is, ms. */
const freshGrantMs = 50;
/** The rate window is a minute and a second; this is what of the second the way to the call may take, ms. */
const lateForRateMs = 800;

/** Takes a model's jobs through our scripts, with BullMQ's Worker as the engine. */
export class ModelWorker {
  readonly #options: ModelWorkerOptions;
  readonly #lockMs: number;
  /** By lock token and id: a lost job may come back to this worker before its first run here has ended. */
  readonly #runs = new Map<string, Run>();
  readonly #decisions = new Map<Run, Decision>();
  readonly #lastRenewal = new Map<Run, number>();
  readonly #worker: Worker<unknown, void, string, IQueueBackend>;
  readonly #renewal: NodeJS.Timeout;
  readonly #closing = new AbortController();
  readonly #claim: SlotClaim | undefined;
  /** A run under way is worth waiting for, up to its finish. */
  readonly #keepAlive = new KeepAlive();

  constructor(options: ModelWorkerOptions) {
    this.#options = options;
    this.#lockMs = options.lockMs ?? defaultLockMs;
    const { context, blocking, model, slots } = options;
    this.#claim = slots && new SlotClaim(slots);
    const backend = modelBackendFactory({
      blocking,
      closing: this.#closing.signal,
      markerKey: `${context.keys.queue(model)}:marker`,
      fetch: (token) => this.#fetch(token),
      finish: (id, token, fetchNext) => this.#finish(id, token, fetchNext),
      slotFree: () => this.#claim?.pending,
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
        // Locks are renewed below, with the run's epoch; stalled jobs are recovered by maintenance, for every queue.
        skipLockRenewal: true,
        skipStalledCheck: true,
        skipVersionCheck: true,
      },
      backend,
    );
    this.#worker.on("error", (error) => options.onError(error));
    this.#renewal = setInterval(() => void this.#renew(), (options.renewMs ?? defaultRenewMs) / 2).unref();
  }

  /** Runs under way. */
  get active(): number {
    return this.#runs.size;
  }

  /** Runs of this process at once, from now on. */
  set concurrency(count: number) {
    resize(this.#worker, count);
  }

  /** Aborts a run of this worker. False when it has none such. */
  abort(id: string, epoch: number, reason: RunAbort): boolean {
    const run = [...this.#runs.values()].find((each) => each.id === id && each.epoch === epoch);
    run?.abort.abort(reason);
    return run !== undefined;
  }

  abortAll(reason: RunAbort): void {
    for (const run of this.#runs.values()) run.abort.abort(reason);
  }

  /** Stops taking jobs and waits for those under way; abort them to make it short. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#claim?.close();
    await this.#worker.close();
    clearInterval(this.#renewal);
    // BullMQ closes it, as a rule. A connection that is closed twice leaves a timer of 2 s behind.
    if (this.#options.blocking.status !== "end") this.#options.blocking.disconnect();
  }

  async #fetch(token: string): Promise<NextJob> {
    const { context, model, workerId, slots } = this.#options;
    if (this.#closing.signal.aborted) return {};
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
      if (grant.run) this.#hold(grant.run);
      else slots?.give();
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
    // While it closes nothing is waited for there: a loop of failures would leave no turn for timers and signals.
    if (this.#closing.signal.aborted) await new Promise((resolve) => setTimeout(resolve, closingPauseMs));
    return { retryInMs: isConnectionError(error) ? 50 : retryMs };
  }

  #hold(run: Run): void {
    this.#keepAlive.hold();
    // An older run of the same job is void; asking for its lock would say nothing about that one.
    for (const older of this.#runs.values()) if (older.id === run.id) this.#loseLock(older);
    this.#runs.set(keyOf(run.id, run.lockToken), run);
    // From the asking on: an answer that was long on its way says nothing about the lock now.
    this.#lastRenewal.set(run, run.askedAt);
  }

  /**
   * Why a grant must not be used, if so. Its answer may have been so long on its way that the lock expired and somebody else
   * has run the job, or that the breaker opened: then Redis is asked, by a renewal, before anything is paid for.
   */
  async #voided(run: Run): Promise<Decision | undefined> {
    const { context, model } = this.#options;
    const lost: Decision = { mode: "drop", breaker: "none", runMs: 0, note: "lost" };
    for (let askedAt = run.askedAt, freshMs = freshGrantMs; performance.now() - askedAt > freshMs; freshMs = this.#lockMs / 2) {
      if (run.abort.signal.aborted || context.redis.status === "end") return lost;
      askedAt = performance.now();
      try {
        const [gone, [state, threshold, rpm, tpm]] = await Promise.all([
          context.run("renew", [model, this.#lockMs, run.id, run.lockToken, run.epoch]).then(asList),
          context.redis.hmget(context.keys.model(model), "bs", "bf", "rpm", "tpm"),
        ]);
        if (gone.includes(run.id)) return lost;
        this.#lastRenewal.set(run, askedAt);
        run.confirmedAt = askedAt;
        const release = { mode: "release", breaker: "none", runMs: 0, tokens: 0 } as const;
        if (state === "open" && threshold !== "0") return { ...release, note: "breaker open" };
        // Its place in the window was taken at the grant; a call this late would be one too many in the provider's own minute.
        if ((rpm || tpm) && performance.now() - run.askedAt > lateForRateMs) return { ...release, note: "late for its rate" };
      } catch (error) {
        await this.#backOff(error);
        askedAt = Number.NEGATIVE_INFINITY;
      }
    }
    return undefined;
  }

  async #process(id: string, token: string): Promise<void> {
    const run = this.#runs.get(keyOf(id, token));
    if (!run) throw new Error(`job ${id} was not granted by our fetch script`);
    this.#decisions.set(run, (await this.#voided(run)) ?? (await this.#options.process(run)));
  }

  async #finish(id: string, token: string, fetchNext: boolean): Promise<NextJob | undefined> {
    const { context, model, workerId, slots } = this.#options;
    const key = keyOf(id, token);
    const run = this.#runs.get(key);
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
    this.#runs.delete(key);
    this.#decisions.delete(run);
    this.#lastRenewal.delete(run);
    this.#keepAlive.release();
    const grant: Grant = Array.isArray(next) && next.length > 0 ? parseGrant(next, model, token, askedAt) : {};
    if (grant.run) this.#hold(grant.run);
    else slots?.give();
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

  async #renew(): Promise<void> {
    const { context, model } = this.#options;
    const newest = new Map([...this.#runs.values()].map((run) => [run.id, run]));
    const runs = [...newest.values()];
    if (runs.length === 0) return;
    // Before asking, too: Redis may not answer at all.
    this.#watch(runs);
    const startedAt = performance.now();
    try {
      const lost = asList(await context.run("renew", [model, this.#lockMs, ...runs.flatMap((run) => [run.id, run.lockToken, run.epoch])]));
      for (const run of runs) {
        if (lost.includes(run.id)) this.#loseLock(run);
        else this.#lastRenewal.set(run, startedAt);
      }
    } catch (error) {
      if (!isConnectionError(error)) this.#options.onError(error instanceof Error ? error : new Error(String(error)));
    }
    this.#watch(runs);
  }

  /** A run whose lock may be gone must not go on beside the one that replaces it. */
  #watch(runs: readonly Run[]): void {
    for (const run of runs) {
      const renewedAt = this.#lastRenewal.get(run);
      if (renewedAt !== undefined && performance.now() - renewedAt > this.#lockMs - 1_000) this.#loseLock(run);
    }
  }

  #loseLock(run: Run): void {
    if (this.#lastRenewal.has(run) && !this.#decisions.has(run)) run.abort.abort("lost" satisfies RunAbort);
  }
}

function keyOf(id: string, token: string): string {
  return `${token} ${id}`;
}
