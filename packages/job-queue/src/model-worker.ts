import { type IQueueBackend, Worker } from "bullmq";
import type { Redis } from "ioredis";
import { confirmGrant, isFresh } from "./confirm-grant.ts";
import { KeepAlive } from "./keep-alive.ts";
import { modelBackendFactory, type NextJob } from "./bullmq/model-backend.ts";
import { resize } from "./bullmq/resize.ts";
import { Offers } from "./offers.ts";
import { FinishRequests } from "./finish-requests.ts";
import { isConnectionError, whenReady } from "./redis.ts";
import { GrantRequests, runKey } from "./grant-requests.ts";
import type { Decision, Grant, Run, RunAbort } from "./run.ts";
import { RunLocks } from "./run-locks.ts";
import type { QueueContext } from "./scripts.ts";
import type { Slots } from "./slots.ts";

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
  /** Runs a job. Before it calls anything it asks `confirm`, unless the run {@link isFresh}: a decision from there is why it must not call. */
  process(run: Run, confirm: Confirm): Promise<Decision>;
  /** After each finish: `opened` when it opened the breaker, `blockedModels` how many models are blocked now. */
  onFinished(model: string, news: { opened: boolean; blockedModels: number; status: string }): void;
  onError(error: Error): void;
}

/** Asks Redis whether a grant still holds. */
export type Confirm = () => Promise<Decision | undefined>;

/** Times of DESIGN section 5. */
export const defaultLockMs = 6_000;
export const defaultRenewMs = 2_000;
const drainDelaySeconds = 2;
const retryMs = 500;
/** Between two tries at least, ms. */
const pauseMs = 20;

/**
 * Takes a model's jobs through our scripts, with BullMQ's Worker as the engine. A run begins as soon as it is granted; BullMQ's
 * loop, which fetches all it can hold before it begins anything, joins it and has it finished.
 */
export class ModelWorker {
  readonly #options: ModelWorkerOptions;
  readonly #lockMs: number;
  readonly #locks: RunLocks;
  readonly #offers: Offers;
  readonly #requests: GrantRequests;
  readonly #finishes: FinishRequests;
  /** Under way, by their keys. */
  readonly #runs = new Map<string, { run: Run; decision: Promise<Decision> }>();
  /** Keys of runs that BullMQ's loop has not asked for yet. */
  readonly #granted: string[] = [];
  readonly #worker: Worker<unknown, void, string, IQueueBackend>;
  readonly #closing = new AbortController();
  /** The last grant said that there was nothing beside it. */
  #nothingLeft = false;
  #wokenAt = Number.NEGATIVE_INFINITY;
  #closed: Promise<void> | undefined;
  /** A run under way is worth waiting for, up to its finish. */
  readonly #keepAlive = new KeepAlive();

  constructor(options: ModelWorkerOptions) {
    this.#options = options;
    this.#lockMs = options.lockMs ?? defaultLockMs;
    const { context, blocking, model, slots, workerId } = options;
    this.#locks = new RunLocks({
      context,
      model,
      lockMs: this.#lockMs,
      renewMs: options.renewMs ?? defaultRenewMs,
      onError: (error) => options.onError(error),
    });
    const room = () => this.#worker.concurrency - this.#runs.size;
    this.#offers = new Offers({ context, model, workerId, lockMs: this.#lockMs });
    this.#requests = new GrantRequests({ context, model, workerId, lockMs: this.#lockMs, slots, room, offers: this.#offers });
    this.#finishes = new FinishRequests({ context, model, workerId, lockMs: this.#lockMs });
    const backend = modelBackendFactory({
      blocking,
      closing: this.#closing.signal,
      markerKey: `${context.keys.queue(model)}:marker`,
      fetch: (token) => this.#fetch(token),
      finish: (key, fetchNext) => this.#finish(key, fetchNext),
      slotFree: () => this.#requests.slotFree,
      offer: () => (this.#closing.signal.aborted ? undefined : this.#requests.offer()),
      onGranted: (text) => this.#onGranted(text),
      onWoken: () => {
        this.#wokenAt = performance.now();
        this.#nothingLeft = false;
      },
    });
    this.#worker = new Worker<unknown, void, string, IQueueBackend>(
      context.keys.queueName(model),
      async (job) => void (await this.#runs.get(job.id ?? "")?.decision),
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
    await (this.#closed ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#closing.abort();
    this.#requests.close();
    const withdrawn = this.#withdraw().catch((error: unknown) => this.#report(error)); // the locks expire by themselves
    await this.#worker.close();
    await withdrawn;
    // BullMQ asks for no more of what was granted.
    await Promise.all(this.#granted.splice(0).map((key) => this.#finish(key, false)));
    this.#locks.close();
    // BullMQ closes it, as a rule. A connection that is closed twice leaves a timer of 2 s behind.
    if (this.#options.blocking.status !== "end") this.#options.blocking.disconnect();
  }

  async #fetch(token: string): Promise<NextJob> {
    if (this.#closing.signal.aborted) return {};
    const key = this.#granted.shift();
    if (key !== undefined) return { key };
    if (this.#nothingLeft && !this.#offers.isOpen) {
      // BullMQ asks again right after each job. Whatever has come since then has set the marker, which it waits for next.
      this.#nothingLeft = false;
      return {};
    }
    try {
      const [first, ...others] = await this.#requests.ask(token);
      const next = this.#begin(first);
      this.#beginAll(others);
      return next;
    } catch (error) {
      return this.#backOff(error);
    }
  }

  /** Jobs that this worker had offered to take. */
  #onGranted(text: string): void {
    // What is not taken now is given back by #withdraw.
    if (!this.#closing.signal.aborted) this.#beginAll(this.#offers.parse(text));
  }

  /** Begins them; BullMQ's loop is told of each when it asks. */
  #beginAll(grants: readonly Grant[]): void {
    for (const grant of grants) {
      const { key } = this.#begin(grant);
      if (key !== undefined) this.#granted.push(key);
    }
  }

  /** Gives back what is granted for an offer that nobody waits for any more. */
  async #withdraw(): Promise<void> {
    const decision: Decision = { mode: "release", breaker: "none", runMs: 0, tokens: 0, note: "worker closes" };
    const grants = await this.#requests.withdraw();
    await Promise.all(grants.map(async ({ run }) => run && this.#finishes.send({ run, decision, fetchNext: false })));
  }

  /** Tells of what is no lost connection: those come and go. */
  #report(error: unknown): void {
    if (!isConnectionError(error)) this.#options.onError(error instanceof Error ? error : new Error(String(error)));
  }

  /** Redis is away, or refused: come back later instead of spinning. */
  async #backOff(error: unknown): Promise<NextJob> {
    this.#report(error);
    await whenReady(this.#options.context.redis, retryMs, this.#closing.signal).catch(() => undefined);
    // Maybe nothing was waited for there: this worker closes, or the connection broke and says so only in its next turn. A loop of such
    // failures would leave no turn for sockets, timers and signals.
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    return { retryInMs: isConnectionError(error) ? 50 : retryMs };
  }

  /** Begins what was granted, if anything. */
  #begin({ run, more, retryInMs }: Grant): NextJob {
    if (!run) return retryInMs === undefined ? {} : { retryInMs };
    // A marker that was taken since we asked may stand for a job that came after the grant.
    this.#nothingLeft = more === false && this.#wokenAt < run.askedAt;
    this.#keepAlive.hold();
    this.#locks.hold(run);
    const key = runKey(run);
    this.#runs.set(key, { run, decision: this.#decide(run) });
    return { key };
  }

  async #decide(run: Run): Promise<Decision> {
    const { context } = this.#options;
    const confirm = () =>
      confirmGrant(run, { context, locks: this.#locks, lockMs: this.#lockMs, backOff: (error) => this.#backOff(error) });
    try {
      // No turn of others between the look at the clock and the call: several begin at once.
      const reason = isFresh(run) ? undefined : await confirm();
      return reason ?? (await this.#options.process(run, confirm));
    } catch (error) {
      this.#options.onError(error instanceof Error ? error : new Error(String(error)));
      return { mode: "release", breaker: "none", runMs: 0, note: "internal error" };
    } finally {
      this.#locks.decided(run);
    }
  }

  async #finish(key: string, fetchNext: boolean): Promise<NextJob> {
    const started = this.#runs.get(key);
    if (!started) throw new Error(`no run ${key} is under way here`);
    const { model, slots } = this.#options;
    const { run } = started;
    const finish = { run, decision: await started.decision, fetchNext: fetchNext && !slots?.contended };
    const { grant, ...news } = await this.#untilDone(() => this.#finishes.send(finish));
    this.#offers.noteClock(grant);
    this.#locks.release(run);
    this.#runs.delete(key);
    this.#keepAlive.release();
    if (!grant.run) slots?.give();
    const nextJob = this.#begin(grant);
    this.#options.onFinished(model, news);
    return nextJob;
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
