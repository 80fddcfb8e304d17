import { type Delta, type Event, type Outcome, type Result, RouterError, requestTime } from "@llm-router/contracts";
import { attachRequest, cancelRequest, readHistory, readStatus, type RequestStatus, resultExpired } from "@llm-router/job-queue";
import type { Connection } from "./connection.ts";
import type { Pending } from "./pending.ts";
import { followBatches, followEvents, type FollowOptions } from "./event-feed.ts";
import { resultOf } from "./outcome-error.ts";

export interface WaitOptions {
  /** Only the waiting ends then (WAIT_TIMEOUT); the job runs on. */
  waitMs?: number;
  /** Likewise: stops the waiting, cancels nothing. */
  signal?: AbortSignal;
}

/** A request that was accepted. Any process can have one for any id: see `attach`. */
export class JobHandle {
  readonly id: string;
  /** Quoted at acceptance, ms; undefined for a request that was attached to. */
  readonly expectedWaitMs: number | undefined;
  readonly #connection: Connection;
  readonly #pending: Pending | undefined;

  /** @param submitted Of a request that this process submitted itself. */
  constructor(connection: Connection, id: string, submitted?: { pending: Pending; expectedWaitMs: number | undefined }) {
    this.#connection = connection;
    this.id = id;
    this.expectedWaitMs = submitted?.expectedWaitMs;
    this.#pending = submitted?.pending;
  }

  /** @throws {RouterError} the outcome's code when it is no success; WAIT_TIMEOUT; UNKNOWN_REQUEST. */
  async result(options: WaitOptions = {}): Promise<Result> {
    return resultOf(await this.#settled(options));
  }

  /** The outcome, whatever it is: failed, cancelled and expired are values here. @throws {RouterError} only when none can be had (UNKNOWN_REQUEST, REDIS_UNAVAILABLE, CLOSED). */
  async outcome(): Promise<Outcome> {
    return this.#settled({});
  }

  /**
   * The result, for whoever has read the answer from its stream: of one above 16,384 characters `content` is "" and `reasoning` missing,
   * so that nothing of it is held or sent again.
   * @throws {RouterError} as {@link result}.
   */
  async streamedResult(): Promise<Result> {
    return resultOf(await this.streamedOutcome());
  }

  /** The same of whatever the outcome is. @throws {RouterError} as {@link outcome}. */
  async streamedOutcome(): Promise<Outcome> {
    return this.#connection.keepAlive.during(async () => (await this.#attach()).promise);
  }

  async #settled({ waitMs, signal }: WaitOptions): Promise<Outcome> {
    return this.#connection.keepAlive.during(async () => {
      const outcome = this.#whole(await this.#attach());
      return waitMs === undefined && !signal ? outcome : firstOf(outcome, this.id, waitMs, signal);
    });
  }

  async #whole(pending: Pending): Promise<Outcome> {
    const told = await pending.promise;
    if (!pending.isCut) return told;
    const { outcome } = await this.status();
    if (!outcome) throw resultExpired(this.id);
    return outcome;
  }

  /** Makes this process one that is told; nothing to do where it already is. */
  async #attach(): Promise<Pending> {
    const known = this.#pending ?? this.#connection.pending.get(this.id);
    if (known) return known;
    await this.#connection.ready();
    const pending = this.#connection.pending.open(this.id, Number.POSITIVE_INFINITY);
    try {
      const attached = await this.#connection.insist("attaching", () =>
        attachRequest(this.#connection.context, this.id, this.#connection.clientId),
      );
      if (attached.kind === "unknown") throw await unknownRequest(this.#connection, this.id);
      if (attached.kind === "settled") pending.settle(attached.outcome);
    } catch (error) {
      pending.fail(error);
      throw error;
    }
    return pending;
  }

  /** The text as it comes, from after `from` on (a seq; default 0). @throws {RouterError} the outcome's code; STREAM_BROKEN when the answer began anew after a part of it was given: `deltas()` can follow that. */
  async *tokens(from = 0): AsyncGenerator<string, void> {
    let given = from > 0;
    for await (const delta of this.deltas(from)) {
      if (delta.restart && given) {
        throw new RouterError("STREAM_BROKEN", "The answer began anew on another run; read deltas() to follow a restart.", { id: this.id });
      }
      if (delta.text !== undefined && delta.text !== "") {
        given = true;
        yield delta.text;
      }
    }
  }

  /** Every delta after `from`, restarts marked. @throws {RouterError} the outcome's code. */
  async *deltas(from = 0): AsyncGenerator<Delta, void> {
    for await (const event of this.events(from)) if (event.delta) yield event.delta;
    await this.streamedResult();
  }

  /** Every event and delta after `from`, ending with completed, failed, cancelled or expired. */
  events(from = 0): AsyncGenerator<Event, void> {
    return followEvents(() => this.#follow(from));
  }

  /**
   * The same, as many at a time as have come since the last. Nothing is kept for a reader that does not ask for more: it reads
   * on in Redis then. Aborting the signal ends the reading; it cancels nothing.
   */
  eventBatches(from = 0, options: { signal?: AbortSignal } = {}): AsyncGenerator<readonly Event[], void> {
    return followBatches(() => this.#follow(from, options.signal));
  }

  async #follow(from: number, signal?: AbortSignal): Promise<FollowOptions> {
    await this.#connection.keepAlive.during(async () => {
      await this.#connection.ready();
      await this.#attach();
    });
    return { connection: this.#connection, id: this.id, from, missing: () => unknownRequest(this.#connection, this.id), signal };
  }

  /** @throws {RouterError} UNKNOWN_REQUEST. */
  async status(): Promise<RequestStatus> {
    return this.#connection.keepAlive.during(async () => {
      await this.#connection.ready();
      const status = await this.#connection.insist("reading the status", () => readStatus(this.#connection.context, this.id));
      if (!status) throw await unknownRequest(this.#connection, this.id);
      return status;
    });
  }

  /** Every decision that was taken about it, oldest first. @throws {RouterError} UNKNOWN_REQUEST. */
  async history(): Promise<Event[]> {
    return this.#connection.keepAlive.during(async () => {
      await this.#connection.ready();
      const history = await this.#connection.insist("reading the history", () => readHistory(this.#connection.context, this.id));
      if (!history) throw await unknownRequest(this.#connection, this.id);
      return history;
    });
  }

  /** Cancels it wherever it is; a call under way is aborted. Returns its outcome, which is another one if it had ended before. */
  async cancel(message?: string): Promise<Outcome> {
    return this.#connection.keepAlive.during(async () => {
      await this.#connection.ready();
      const outcome = await this.#connection.insist("cancelling", () => cancelRequest(this.#connection.context, this.id, message));
      this.#connection.pending.get(this.id)?.settle(outcome);
      return outcome;
    });
  }
}

/** There is no record of this id: it has expired, if the id is old enough, or there never was one. */
async function unknownRequest(connection: Connection, id: string): Promise<RouterError> {
  const madeAt = requestTime(id);
  const { retention } = await connection.config.get();
  if (madeAt !== undefined && Date.now() - madeAt > retention.resultTtlMs) return resultExpired(id);
  return new RouterError("UNKNOWN_REQUEST", `No request ${id} in namespace ${connection.options.namespace}.`, { id });
}

async function firstOf(
  outcome: Promise<Outcome>,
  id: string,
  waitMs: number | undefined,
  signal: AbortSignal | undefined,
): Promise<Outcome> {
  signal?.throwIfAborted();
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const timer =
    waitMs === undefined
      ? undefined
      : setTimeout(() => reject(new RouterError("WAIT_TIMEOUT", `No outcome within ${waitMs} ms; the job runs on.`, { id })), waitMs);
  const onAbort = () =>
    reject(
      signal?.reason instanceof Error
        ? signal.reason
        : new RouterError("WAIT_TIMEOUT", "The waiting was aborted; the job runs on.", { id }),
    );
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([outcome, stopped]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}
