import { connectRedis, type QueueContext, type RedisTarget, whenReady } from "@llm-router/job-queue";

export interface ReplicaWaitOptions {
  target: RedisTarget;
  /** A key of this client that lives: the reply stream. */
  key: string;
  keyTtlMs: number;
  /** How long to wait for the connection, ms. */
  connectMs: number;
}

/** For one replica to say that it has what was written, ms. */
const waitMs = 1_000;

/**
 * Asks whether a replica has what was accepted (`durability: "replicated"`). WAIT holds its connection, and counts only what that
 * connection has written; so there is one for it alone, which writes something small of its own first: replicas take writes in
 * order, and who has this one has everything before it. Requests that are accepted while one question is open share the next.
 */
export class ReplicaWait {
  readonly #options: ReplicaWaitOptions;
  readonly #redis: QueueContext["redis"];
  #current: Promise<unknown> = Promise.resolve();
  #next: Promise<boolean> | undefined;
  #unconfirmed = 0;
  #warned = false;

  constructor(options: ReplicaWaitOptions) {
    this.#options = options;
    this.#redis = connectRedis(options.target, "commands");
  }

  /** Requests so far that were accepted although no replica confirmed them in time. */
  get unconfirmed(): number {
    return this.#unconfirmed;
  }

  /**
   * Waits for a replica to have every write that was answered before this call, up to a second. Without one the request stays
   * accepted; it is counted, and a warning says so once, until replicas answer again.
   * @throws {RouterError} REDIS_UNAVAILABLE; or the connection's error.
   */
  async confirm(): Promise<void> {
    this.#next ??= this.#ask(this.#current);
    const confirmed = await this.#next;
    if (confirmed) this.#warned = false;
    else this.#note();
  }

  async #ask(before: Promise<unknown>): Promise<boolean> {
    await before.catch(() => undefined); // whoever shared it was told
    this.#current = this.#next ?? before;
    this.#next = undefined;
    const { key, keyTtlMs, connectMs } = this.#options;
    await whenReady(this.#redis, connectMs);
    const [written, replicas] = await Promise.all([this.#redis.pexpire(key, keyTtlMs), this.#redis.wait(1, waitMs)]);
    return written === 1 && replicas > 0;
  }

  #note(): void {
    this.#unconfirmed += 1;
    if (this.#warned) return;
    this.#warned = true;
    process.emitWarning(`No replica of Redis confirmed within ${waitMs} ms what was accepted: a failover now may lose it.`, {
      code: "LLMR_UNREPLICATED",
    });
  }

  close(): void {
    this.#redis.disconnect();
  }
}
