import { newClientId, RouterError, createKeys } from "@llm-router/contracts";
import { ConfigSource } from "@llm-router/dispatcher";
import {
  attachRequest,
  CacheCounters,
  connectRedis,
  createQueueContext,
  KeepAlive,
  Maintenance,
  type QueueContext,
  type Reply,
  repliesTtlMs,
  ReplyReader,
  whenReady,
} from "@llm-router/job-queue";
import { CacheBookings } from "./cache-bookings.ts";
import { HitShare } from "./cache-lookup.ts";
import { insist, isAway, within } from "./insist.ts";
import type { Observer } from "./observe.ts";
import type { CompiledOptions } from "./options.ts";
import { PendingRequests } from "./pending.ts";
import { ReplicaWait } from "./replica-wait.ts";

const tickMs = 1_000;
/** Between a connection and Redis's first answer on it, at most, ms. */
const greetingMs = 3_000;
/** After an outage, for every worker to say that it lives, which it does every 2 s, ms. */
const workersBackMs = 5_000;
/** For saying goodbye to a Redis that may not be there, ms. */
const farewellMs = 500;

/** What all calls of a client share: two connections (a third with `durability: "replicated"`), the reply reader, and the requests that are open. */
export class Connection {
  readonly options: CompiledOptions;
  readonly clientId = newClientId();
  readonly context: QueueContext;
  readonly config: ConfigSource;
  readonly pending = new PendingRequests();
  readonly keepAlive = new KeepAlive();
  /** With `durability: "replicated"`. */
  readonly replicas: ReplicaWait | undefined;
  /** Of lookups in other words. */
  readonly cacheCounters: CacheCounters;
  readonly hitShare = new HitShare();
  /** Requests that were answered here, and that Redis does not know of yet. */
  readonly bookings: CacheBookings;
  /** Told of the end of each request that this process submits. */
  readonly observers = new Set<Observer>();
  /** Ids whose caller was told that Redis is away while they may have been accepted: cancelled once it is back. */
  readonly #abandoned = new Set<string>();
  readonly #reader: ReplyReader;
  readonly #maintenance: Maintenance;
  readonly #timer: NodeJS.Timeout;
  /** When Redis was last found to be away; performance.now(). */
  #awayAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;
  #started: Promise<void> | undefined;
  #closed = false;

  constructor(options: CompiledOptions) {
    this.options = options;
    const redis = connectRedis(options.redis, "commands");
    this.context = createQueueContext(redis, createKeys(options.namespace));
    this.config = new ConfigSource(this.context);
    this.cacheCounters = new CacheCounters({ context: this.context });
    this.bookings = new CacheBookings({
      context: this.context,
      keepAlive: this.keepAlive,
      onVersion: (version) => this.config.notice(version),
    });
    if (options.durability === "replicated") {
      const key = this.context.keys.replies(this.clientId);
      this.replicas = new ReplicaWait({ target: options.redis, key, keyTtlMs: repliesTtlMs, connectMs: options.redisTimeoutMs });
    }
    const blocking = connectRedis(options.redis, "blocking");
    // A connection that died silently is found out by its commands. The one that only listens would take longer to notice.
    redis.on("close", () => {
      this.#awayAt = performance.now();
      if (blocking.status === "ready") blocking.disconnect(true);
    });
    // Nor would it notice that a new one is never greeted.
    blocking.on("connect", () => {
      setTimeout(() => {
        if (blocking.status === "connect") blocking.disconnect(true);
      }, greetingMs).unref();
    });
    this.#reader = new ReplyReader({
      context: this.context,
      blocking,
      clientId: this.clientId,
      onReply: (reply) => this.#onReply(reply),
      onGap: () => void Promise.allSettled(this.pending.ids.map((id) => this.reconcile(id))),
    });
    // A request whose budget ends is settled even when no worker is there to do it.
    this.#maintenance = new Maintenance({ context: this.context, owner: this.clientId, onError: () => undefined });
    this.#timer = setInterval(() => this.#tick(), tickMs).unref();
  }

  /** For whoever reads: what is read from now on knows of every answer that was given here. @throws {RouterError} REDIS_UNAVAILABLE after `redisTimeoutMs`; CLOSED. */
  async ready(): Promise<void> {
    await this.connected();
    this.bookings.send();
  }

  /** @throws {RouterError} REDIS_UNAVAILABLE after `redisTimeoutMs`; CLOSED. */
  async connected(): Promise<void> {
    if (this.#closed) throw new RouterError("CLOSED", "This client was closed.");
    this.#started ??= this.#start().catch((error: unknown) => {
      this.#started = undefined;
      throw error;
    });
    await this.#started;
    await whenReady(this.context.redis, this.options.redisTimeoutMs);
  }

  async #start(): Promise<void> {
    await this.insist("connecting", () => {
      this.#reading ??= this.#reader.start().catch((error: unknown) => {
        this.#reading = undefined;
        throw error;
      });
      return this.#reading;
    });
    this.#maintenance.startReaper();
  }

  #onReply({ id, events, outcome, isCut }: Reply): void {
    const pending = this.pending.get(id);
    if (!pending) return;
    if (events.length > 0) for (const listener of pending.listeners) listener(events);
    if (outcome) pending.settle(outcome, isCut);
  }

  /** What was said of an open id may have been missed: asks its record, and submits again what Redis no longer knows. */
  async reconcile(id: string): Promise<void> {
    const isOpen = () => this.pending.get(id) !== undefined;
    const attached = await this.persist("asking for a request", () => attachRequest(this.context, id, this.clientId), isOpen);
    const pending = this.pending.get(id);
    if (!pending) return;
    if (attached.kind === "settled") pending.settle(attached.outcome);
    else if (attached.kind === "open") {
      // Whoever follows the stream may have missed a part of it.
      for (const listener of pending.listeners) listener([]);
    } else {
      const { resubmit = () => Promise.reject(unknownRequest(id, this.options.namespace)) } = pending;
      await this.persist("submitting a request again", resubmit, isOpen).catch((error: unknown) => pending.fail(error));
    }
  }

  /** A request that may have been accepted although its caller was told that Redis is away: it is cancelled once Redis is back. */
  abandon(id: string, error: unknown): void {
    if (isAway(error)) this.#abandoned.add(id);
  }

  #tick(): void {
    for (const pending of this.pending.overdue(performance.now())) {
      pending.fail(new RouterError("DEADLINE_EXCEEDED", "The budget ended, and no outcome came from Redis.", { id: pending.id }));
    }
    if (this.context.redis.status === "ready") for (const id of this.#abandoned) void this.#cancel(id);
  }

  async #cancel(id: string): Promise<void> {
    // Where it fails, the next tick tries again.
    const done = await this.context.run("cancel", [id, "Its caller was told that Redis is unavailable."]).catch(() => undefined);
    if (done !== undefined) this.#abandoned.delete(id);
  }

  /**
   * Does something in Redis, again and again while the connection is away, until `redisTimeoutMs` is over.
   * @throws {RouterError} REDIS_UNAVAILABLE.
   */
  insist<T>(doing: string, attempt: () => Promise<T>): Promise<T> {
    const { redis } = this.context;
    const onAway = () => {
      this.#awayAt = performance.now();
    };
    return insist({ redis, doing, timeoutMs: this.options.redisTimeoutMs, isClosed: () => this.#closed, onAway }, attempt);
  }

  /** One thing in Redis, for a caller who holds nothing yet: connects first, and keeps the process alive meanwhile. @throws {RouterError} REDIS_UNAVAILABLE, CLOSED. */
  perform<T>(doing: string, work: () => Promise<T>): Promise<T> {
    return this.keepAlive.during(async () => {
      await this.ready();
      return this.insist(doing, work);
    });
  }

  /** Redis was away until a moment ago: that no worker seems to live says nothing yet. */
  get isJustBack(): boolean {
    return performance.now() - this.#awayAt < workersBackMs;
  }

  /** The same for what somebody already waits for: for as long as it is wanted. */
  async persist<T>(doing: string, attempt: () => Promise<T>, isWanted: () => boolean): Promise<T> {
    for (;;) {
      try {
        return await this.insist(doing, attempt);
      } catch (error) {
        if (this.#closed || !isAway(error) || !isWanted()) throw error;
      }
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    await this.keepAlive.during(async () => {
      await this.#maintenance.close();
      this.pending.failAll(new RouterError("CLOSED", "The client was closed; the request runs on, see attach(id)."));
      // What is not booked is missing from the statistics, so that is waited for as any call is.
      await within(this.bookings.close(), this.options.redisTimeoutMs, notHeard).catch(() => undefined);
      // A goodbye that nobody hears costs nothing: the reply stream expires by itself.
      await within(Promise.all([this.#reader.close(), this.cacheCounters.close()]), farewellMs, notHeard).catch(() => undefined);
      this.replicas?.close();
      this.context.redis.disconnect();
    });
  }
}

function notHeard(): RouterError {
  return new RouterError("REDIS_UNAVAILABLE", "Redis did not hear the goodbye.");
}

function unknownRequest(id: string, namespace: string): RouterError {
  return new RouterError("UNKNOWN_REQUEST", `Redis no longer knows request ${id} in namespace ${namespace}.`, { id });
}
