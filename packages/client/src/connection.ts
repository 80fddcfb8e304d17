import { newClientId, RouterError, createKeys } from "@llm-router/contracts";
import { ConfigSource } from "@llm-router/dispatcher";
import {
  attachRequest,
  connectRedis,
  createQueueContext,
  isConnectionError,
  KeepAlive,
  Maintenance,
  type QueueContext,
  type Reply,
  ReplyReader,
  whenReady,
} from "@llm-router/job-queue";
import type { CompiledOptions } from "./options.ts";
import { PendingRequests } from "./pending.ts";

/** What all calls of a client share: two connections, the reply reader, and the requests that are open. */
export class Connection {
  readonly options: CompiledOptions;
  readonly clientId = newClientId();
  readonly context: QueueContext;
  readonly config: ConfigSource;
  readonly pending = new PendingRequests();
  readonly keepAlive = new KeepAlive();
  /** Ids whose caller was told that Redis is away while they may have been accepted: cancelled once it is back. */
  readonly abandoned = new Set<string>();
  readonly #reader: ReplyReader;
  readonly #maintenance: Maintenance;
  readonly #overdueTimer: NodeJS.Timeout;
  #started: Promise<void> | undefined;
  #closed = false;

  constructor(options: CompiledOptions) {
    this.options = options;
    const redis = connectRedis(options.redis, "commands");
    this.context = createQueueContext(redis, createKeys(options.namespace));
    this.config = new ConfigSource(this.context);
    this.#reader = new ReplyReader({
      context: this.context,
      blocking: connectRedis(options.redis, "blocking"),
      clientId: this.clientId,
      onReply: (reply) => this.#onReply(reply),
      onGap: () => void this.#reconcile().catch(() => undefined),
    });
    // A request whose budget ends is settled even when no worker is there to do it.
    this.#maintenance = new Maintenance({ context: this.context, owner: this.clientId, onError: () => undefined });
    this.#overdueTimer = setInterval(() => this.#failOverdue(), 1_000).unref();
  }

  /** @throws {RouterError} REDIS_UNAVAILABLE after `redisTimeoutMs`; CLOSED. */
  async ready(): Promise<void> {
    if (this.#closed) throw new RouterError("CLOSED", "This client was closed.");
    this.#started ??= this.#start().catch((error: unknown) => {
      this.#started = undefined;
      throw error;
    });
    await this.#started;
    await whenReady(this.context.redis, this.options.redisTimeoutMs);
  }

  async #start(): Promise<void> {
    await whenReady(this.context.redis, this.options.redisTimeoutMs);
    await this.#reader.start();
    this.#maintenance.startReaper();
  }

  #onReply({ id, events, outcome }: Reply): void {
    const pending = this.pending.get(id);
    if (!pending) return;
    if (events.length > 0) for (const listener of pending.listeners) listener(events);
    if (outcome) pending.settle(outcome);
  }

  /** After a gap: asks the records of all open ids, and submits again what Redis no longer knows. */
  async #reconcile(): Promise<void> {
    await whenReady(this.context.redis, this.options.redisTimeoutMs);
    for (const id of this.abandoned) {
      await this.context.run("cancel", [id, "Its caller was told that Redis is unavailable."]);
      this.abandoned.delete(id);
    }
    await Promise.all(this.pending.ids.map((id) => this.#reconcileOne(id)));
  }

  async #reconcileOne(id: string): Promise<void> {
    const attached = await attachRequest(this.context, id, this.clientId);
    const pending = this.pending.get(id);
    if (!pending) return;
    if (attached.kind === "settled") pending.settle(attached.outcome);
    else if (attached.kind === "unknown") await pending.resubmit?.();
    // Whoever follows the stream may have missed a part of it.
    else for (const listener of pending.listeners) listener([]);
  }

  #failOverdue(): void {
    for (const pending of this.pending.overdue(performance.now())) {
      pending.fail(new RouterError("DEADLINE_EXCEEDED", "The budget ended, and no outcome came from Redis.", { id: pending.id }));
    }
  }

  /**
   * Does something in Redis, again and again while the connection is away, until `redisTimeoutMs` is over.
   * @throws {RouterError} REDIS_UNAVAILABLE.
   */
  async insist<T>(doing: string, attempt: () => Promise<T>): Promise<T> {
    const until = performance.now() + this.options.redisTimeoutMs;
    for (;;) {
      const leftMs = until - performance.now();
      try {
        await whenReady(this.context.redis, Math.max(leftMs, 1));
        return await withTimeout(attempt(), Math.max(until - performance.now(), 1), doing);
      } catch (error) {
        const away = (RouterError.is(error) && error.code === "REDIS_UNAVAILABLE") || isConnectionError(error);
        if (this.#closed || !away || performance.now() >= until) throw error;
        // A connection that just broke reports "ready" for a moment longer.
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#overdueTimer);
    await this.keepAlive.during(async () => {
      await this.#maintenance.close();
      this.pending.failAll(new RouterError("CLOSED", "The client was closed; the request runs on, see attach(id)."));
      await this.#reader.close();
      this.context.redis.disconnect();
    });
  }
}

async function withTimeout<T>(work: Promise<T>, timeoutMs: number, doing: string): Promise<T> {
  const { promise: overdue, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new RouterError("REDIS_UNAVAILABLE", `Redis did not answer within ${Math.round(timeoutMs)} ms while ${doing}.`)),
    timeoutMs,
  );
  try {
    return await Promise.race([work, overdue]);
  } finally {
    clearTimeout(timer);
    work.catch(() => undefined);
  }
}
