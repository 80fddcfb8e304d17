import { setImmediate as nextTurn, setTimeout as delay } from "node:timers/promises";
import type { Redis } from "ioredis";
import type { Event, Outcome } from "@llm-router/contracts";
import { isConnectionError, redisError, whenReady } from "./redis.ts";
import type { QueueContext } from "./scripts.ts";
import { fieldMap, parseStreamFields } from "./token-stream.ts";

/** What a client is told about one of its requests: events and deltas as they come, and at last the outcome. */
export interface Reply {
  id: string;
  events: Event[];
  outcome?: Outcome;
  /** The outcome is without `content` and `reasoning`: the stream has given them, and the record has the whole. */
  isCut?: boolean;
  /** With the outcome: the seq of the request's last event; everything up to it is in the stream. */
  lastSeq?: number;
}

export interface ReplyReaderOptions {
  context: QueueContext;
  /** Its own connection: it blocks. */
  blocking: Redis;
  clientId: string;
  onReply: (reply: Reply) => void;
  /** The stream may have missed something (a reconnect, or a long pause of this process): ask for every open id. */
  onGap: () => void;
}

/** A reply stream lives so long after the last sign of its client, ms. */
export const repliesTtlMs = 60_000;
const heartbeatMs = 15_000;
const blockMs = 5_000;
const readLimit = 500;
/** What was read is taken off the stream so long after, ms: once for all that came meanwhile. */
const trimMs = 200;
/** After an error that Redis itself answers, and may answer at once the next time too. */
const retryMs = 500;

/** The one blocking reader of a client process, however many requests it waits for. */
export class ReplyReader {
  readonly #options: ReplyReaderOptions;
  readonly #key: string;
  #lastId = "0-0";
  readonly #closing = new AbortController();
  #heartbeat: NodeJS.Timeout | undefined;
  #trimming: NodeJS.Timeout | undefined;
  #loop: Promise<void> | undefined;

  constructor(options: ReplyReaderOptions) {
    this.#options = options;
    this.#key = options.context.keys.replies(options.clientId);
  }

  /**
   * Registers the reply stream, so that answers are kept from now on, and starts reading.
   * @throws {RouterError} REDIS_UNAVAILABLE, REDIS_FULL.
   */
  async start(): Promise<void> {
    await this.#register().catch((error: unknown) => {
      throw redisError(error, "registering this client");
    });
    this.#heartbeat = setInterval(() => void this.#beat().catch(() => undefined), heartbeatMs).unref();
    this.#loop = this.#read();
  }

  async #register(): Promise<void> {
    const { redis } = this.#options.context;
    await redis.xadd(this.#key, "*", "hello", "1");
    await redis.pexpire(this.#key, repliesTtlMs);
  }

  async #beat(): Promise<void> {
    if ((await this.#options.context.redis.pexpire(this.#key, repliesTtlMs)) === 1) return;
    // This process stood still for so long that its stream expired: what was said meanwhile is lost.
    await this.#register();
    // A new stream counts from its server's clock, which may be behind the one that numbered what was read last.
    this.#lastId = "0-0";
    this.#options.onGap();
  }

  async #read(): Promise<void> {
    const { blocking, onGap } = this.#options;
    while (!this.#closing.signal.aborted) {
      try {
        const streams = await withWatchdog(
          blocking,
          blocking.xread("COUNT", readLimit, "BLOCK", blockMs, "STREAMS", this.#key, this.#lastId),
        );
        for (const [, entries] of streams ?? []) this.#handle(entries);
        // First whatever those who were told do next: each write takes its time.
        await nextTurn();
      } catch (error) {
        if (this.#closing.signal.aborted) return;
        if (!isConnectionError(error)) await delay(retryMs, undefined, { signal: this.#closing.signal, ref: false }).catch(() => undefined);
        await whenReady(blocking, 60_000, this.#closing.signal).catch(() => undefined);
        if (this.#closing.signal.aborted) return;
        await this.#beat().catch(() => undefined);
        onGap();
      }
    }
  }

  #handle(entries: [id: string, fields: string[]][]): void {
    for (const [entryId, fields] of entries) {
      this.#lastId = entryId;
      const map = fieldMap(fields);
      const id = map.get("i");
      if (id === undefined) continue;
      const outcome = map.get("o");
      this.#options.onReply({
        id,
        events: parseStreamFields(map),
        ...(outcome === undefined ? {} : { outcome: JSON.parse(outcome) as Outcome, isCut: map.has("c"), lastSeq: Number(map.get("s")) }),
      });
    }
    this.#trimming ??= setTimeout(() => this.#trim(), trimMs).unref();
  }

  /** What was read is done with; a lost trim is made good by the next one. */
  #trim(): void {
    this.#trimming = undefined;
    this.#options.context.redis.xtrim(this.#key, "MINID", this.#lastId).catch(() => undefined);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    clearInterval(this.#heartbeat);
    clearTimeout(this.#trimming);
    this.#options.blocking.disconnect();
    await this.#loop;
    await this.#options.context.redis.del(this.#key).catch(() => undefined);
  }
}

/** A blocking read on a connection that died silently would wait for ever: past its own end it is given up, and the connection renewed. */
async function withWatchdog<T>(blocking: Redis, read: Promise<T>): Promise<T> {
  const { promise: overdue, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new Error("blocking read overdue"));
    blocking.disconnect(true);
  }, blockMs + 3_000).unref();
  try {
    return await Promise.race([read, overdue]);
  } finally {
    clearTimeout(timer);
    read.catch(() => undefined);
  }
}
