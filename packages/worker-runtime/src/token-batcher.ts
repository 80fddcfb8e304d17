import { setTimeout as delay } from "node:timers/promises";
import { RouterError } from "@llm-router/contracts";
import { appendDeltas, type NewDelta, type QueueContext, type Run, whenReady } from "@llm-router/job-queue";
import { atEndOfTurn, notAtEndOfTurn } from "./end-of-turn.ts";

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
 * A reader never sees a gap or a repeat: deltas wait in order until their append is known to be in Redis, and are numbered
 * within their run, so that one whose answer was lost is sent again and written once. So the stream is at every moment a
 * prefix of the answer. It can stay one: when Redis is so full for {@link fullMs} that it takes no token, or died and forgot
 * some, the finish goes ahead, because the outcome holds the whole answer: a reader sees that the finishReason is
 * missing, and takes the rest from there.
 */
export class TokenBatcher {
  readonly #options: TokenBatcherOptions;
  #queue: NewDelta[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #lastSentAt = Number.NEGATIVE_INFINITY;
  /** Deltas of this run that are known to be in the stream. */
  #confirmed = 0;
  #state: "open" | "void" | "closed" = "open";
  #sent = false;

  constructor(options: TokenBatcherOptions) {
    this.#options = options;
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
    this.#unschedule();
    while (this.#state === "open" && this.#queue.length > 0) {
      const failure = await this.#send();
      if (!failure) continue;
      // While Redis is away the finish cannot happen either, and a run that is void by then is told so.
      const mayRetry = failure.code === "REDIS_UNAVAILABLE" ? this.#options.context.redis.status !== "end" : performance.now() < until;
      if (!mayRetry) break;
      await delay(retryMs);
    }
    await this.discard();
  }

  /** Drops what was not sent yet; resolves when an append under way has ended. */
  async discard(): Promise<void> {
    this.#unschedule();
    if (this.#state === "open") this.#state = "closed";
    this.#queue = [];
    await this.#sending;
  }

  #schedule(waitMs: number): void {
    if (this.#timer || this.#sending) return;
    if (waitMs <= 0) return atEndOfTurn(this.#start);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      atEndOfTurn(this.#start);
    }, waitMs).unref();
  }

  #unschedule(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    notAtEndOfTurn(this.#start);
  }

  readonly #start = (): void => {
    // One at a time: a timer that was set in the turn of this start comes while it sends.
    this.#sending ??= this.#sendOnce();
  };

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
      const batch = this.#queue.slice(0, maxBatch);
      if (this.#state !== "open" || batch.length === 0) return undefined;
      const seq = await appendDeltas(context, run, batch, this.#confirmed);
      if (seq === undefined) this.#becomeVoid();
      else if (seq === "gap") this.#end("closed");
      else this.#confirm(batch.length);
      return undefined;
    } catch (error) {
      const failure = RouterError.is(error) ? error : new RouterError("INTERNAL", String(error), { cause: error });
      if (failure.code === "REDIS_UNAVAILABLE") await whenReady(context.redis, retryMs).catch(() => undefined); // waits a moment; the next try tells
      onFailure(failure);
      return failure;
    }
  }

  #confirm(count: number): void {
    this.#confirmed += count;
    this.#queue.splice(0, count);
    this.#sent = true;
    this.#options.onAppended(count);
  }

  #becomeVoid(): void {
    this.#end("void");
    this.#options.onVoid();
  }

  #end(state: "void" | "closed"): void {
    this.#state = state;
    this.#queue = [];
  }
}
