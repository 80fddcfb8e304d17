import { setTimeout as delay } from "node:timers/promises";
import { RouterError } from "@llm-router/contracts";
import { appendDeltas, type NewDelta, type QueueContext, type Run, whenReady } from "@llm-router/job-queue";

export interface TokenBatcherOptions {
  context: QueueContext;
  run: Run;
  /** The run is void: settled, or granted to another worker. */
  onVoid: () => void;
  onAppended: (count: number) => void;
  onFailure: (error: RouterError) => void;
}

/** Between two appends, ms. */
const batchMs = 25;
const maxBatch = 500;
const retryMs = 100;
/** How long the last deltas are tried while Redis is full, ms. */
const fullMs = 2_000;

/**
 * Writes a run's deltas to the request's stream, several in one append, each as it came.
 *
 * A reader never sees a gap or a repeat: deltas wait in order until their append is known to be in Redis. When an answer
 * of Redis was lost, the record's event counter tells whether the append had happened, because nothing but appends moves
 * it while a run is active. So the stream is at every moment a prefix of the answer. It can stay one: when Redis is so
 * full for {@link fullMs} that it takes no token, or when the run's lock was lost while Redis was away, the finish goes
 * ahead, because the outcome holds the whole answer. A reader sees it by the missing finishReason, and has the rest there.
 */
export class TokenBatcher {
  readonly #options: TokenBatcherOptions;
  #queue: NewDelta[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #lastSentAt = Number.NEGATIVE_INFINITY;
  #lastSeq: number;
  /** Size of a batch of which it is not known whether it is in the stream. */
  #unknown = 0;
  #state: "open" | "void" | "closed" = "open";
  #sent = false;

  constructor(options: TokenBatcherOptions) {
    this.#options = options;
    this.#lastSeq = options.run.lastSeq;
    if (options.run.sent) this.#queue.push({ restart: true });
  }

  /** This run's deltas are in the stream, at least some. */
  get sent(): boolean {
    return this.#sent;
  }

  push(delta: NewDelta): void {
    if (this.#state !== "open" || Object.keys(delta).length === 0) return;
    this.#queue.push(delta);
    this.#schedule(this.#lastSentAt + batchMs - performance.now());
  }

  /** Writes what is left, as long as that can succeed. Later deltas are dropped. */
  async flush(): Promise<void> {
    const until = performance.now() + fullMs;
    await this.#sending;
    clearTimeout(this.#timer);
    while (this.#state === "open" && this.#queue.length > 0) {
      const failure = await this.#send();
      if (!failure) continue;
      const { signal } = this.#options.run.abort;
      const mayRetry = failure.code === "REDIS_UNAVAILABLE" ? !signal.aborted : performance.now() < until;
      if (!mayRetry) break;
      await delay(retryMs);
    }
    await this.discard();
  }

  /** Drops what was not sent yet; resolves when an append under way has ended. */
  async discard(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#state === "open") this.#state = "closed";
    this.#queue = [];
    await this.#sending;
  }

  #schedule(waitMs: number): void {
    if (this.#timer || this.#sending) return;
    if (waitMs <= 0) return this.#start();
    this.#timer = setTimeout(() => this.#start(), waitMs).unref();
  }

  #start(): void {
    this.#timer = undefined;
    this.#sending = this.#sendOnce();
  }

  async #sendOnce(): Promise<void> {
    const failure = await this.#send();
    this.#sending = undefined;
    if (this.#state === "open" && this.#queue.length > 0) this.#schedule(failure ? retryMs : batchMs);
  }

  /** One append. Returns why it failed, if it did; the deltas stay queued then. */
  async #send(): Promise<RouterError | undefined> {
    const { context, run, onFailure } = this.#options;
    this.#lastSentAt = performance.now();
    try {
      if (this.#unknown > 0) await this.#settleUnknown();
      const batch = this.#queue.slice(0, maxBatch);
      if (this.#state !== "open" || batch.length === 0) return undefined;
      this.#unknown = batch.length;
      const seq = await appendDeltas(context, run, batch);
      this.#unknown = 0;
      if (seq === undefined) this.#becomeVoid();
      else this.#confirm(seq, batch.length);
      return undefined;
    } catch (error) {
      const failure = RouterError.is(error) ? error : new RouterError("INTERNAL", String(error), { cause: error });
      // Any other answer says that nothing was written.
      if (failure.code !== "REDIS_UNAVAILABLE") this.#unknown = 0;
      else await whenReady(context.redis, retryMs).catch(() => undefined); // waits a moment; the next try tells
      onFailure(failure);
      return failure;
    }
  }

  #confirm(seq: number, count: number): void {
    this.#lastSeq = seq;
    this.#queue.splice(0, count);
    this.#sent = true;
    this.#options.onAppended(count);
  }

  #becomeVoid(): void {
    this.#state = "void";
    this.#queue = [];
    this.#options.onVoid();
  }

  /** Asks the record whether the append whose answer was lost has happened. */
  async #settleUnknown(): Promise<void> {
    const { context, run } = this.#options;
    const [state, epoch, seq] = await context.redis.hmget(context.keys.record(run.id), "st", "ep", "es").catch((error: unknown) => {
      throw new RouterError("REDIS_UNAVAILABLE", "Redis went away while appending tokens.", { cause: error });
    });
    const count = this.#unknown;
    this.#unknown = 0;
    if (state !== "active" || Number(epoch) !== run.epoch) this.#becomeVoid();
    else if (Number(seq) === this.#lastSeq + count) this.#confirm(Number(seq), count);
  }
}
