import { bookAnswers, type Booking, type KeepAlive, type QueueContext } from "@llm-router/job-queue";
import { isAway } from "./insist.ts";

export interface CacheBookingsOptions {
  context: QueueContext;
  keepAlive: KeepAlive;
  /** Told the version of the configuration, as a dispatch would be. */
  onVersion: (version: string) => void;
}

/** How long bookings are gathered, ms. Every call takes Redis and this process from the hits that come meanwhile. */
const gatherMs = 20;
/** Booked by one script: it holds Redis for less than a millisecond. */
const batchSize = 16;
/** Between two tries while Redis is away, ms. */
const retryMs = 500;

/**
 * Requests that this process answered from the exact cache, on their way to Redis. Their callers have their answers, so what is lost
 * here, with the process or because Redis is full, is a line of the statistics and the record that `explain` reads.
 */
export class CacheBookings {
  readonly #options: CacheBookingsOptions;
  #gathered: Booking[] = [];
  readonly #writing = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: CacheBookingsOptions) {
    this.#options = options;
  }

  add(booking: Booking): void {
    this.#gathered.push(booking);
    this.#timer ??= setTimeout(() => this.send(), gatherMs);
  }

  /** Sends what was gathered. Commands of one connection keep their order, so whatever is read on it from now on knows of them. */
  send(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { keepAlive } = this.#options;
    for (const gathered = this.#gathered.splice(0); gathered.length > 0;) {
      const writing = keepAlive.during(() => this.#write(gathered.splice(0, batchSize)));
      this.#writing.add(writing);
      void writing.finally(() => this.#writing.delete(writing));
    }
  }

  async #write(bookings: readonly Booking[]): Promise<void> {
    try {
      this.#options.onVersion(await bookAnswers(this.#options.context, bookings));
    } catch (error) {
      // A full Redis takes no records; one that is away is asked again. A process that ends meanwhile is not held by that.
      if (!isAway(error) || this.#isClosed) return;
      this.#gathered.push(...bookings);
      this.#timer ??= setTimeout(() => this.send(), retryMs).unref();
    }
  }

  /** Resolves when Redis has been told of all, or could not be. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.send();
    await Promise.all(this.#writing);
  }
}
