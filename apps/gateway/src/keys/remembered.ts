/** How long what was read is taken for granted: a revoked key works so much longer, ms. */
const freshMs = 1_000;

/**
 * Something in Redis that is asked for all the time, as it was at most {@link freshMs} ago. It is read again before that is over, so
 * that only who comes after a silence waits for it.
 */
export class Remembered<T> {
  readonly #read: () => Promise<T>;
  #known: { value: Promise<T>; until: number } | undefined;
  #renewing = false;

  constructor(read: () => Promise<T>) {
    this.#read = read;
  }

  get(): Promise<T> {
    const now = performance.now();
    if (!this.#known || this.#known.until <= now) return this.#ask(now);
    if (!this.#renewing && this.#known.until - now < freshMs / 2) void this.#renew(now);
    return this.#known.value;
  }

  #ask(now: number): Promise<T> {
    const known = { value: this.#read(), until: now + freshMs };
    this.#known = known;
    known.value.catch(() => {
      if (this.#known === known) this.#known = undefined;
    });
    return known.value;
  }

  async #renew(now: number): Promise<void> {
    this.#renewing = true;
    try {
      const value = await this.#read();
      this.#known = { value: Promise.resolve(value), until: now + freshMs };
    } catch {
      // What is known ends by itself; who asks after that is told.
    } finally {
      this.#renewing = false;
    }
  }
}
